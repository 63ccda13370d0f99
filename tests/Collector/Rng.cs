using System.Numerics;

namespace Collector;

/// <summary>
/// xoshiro256**, seeded by SplitMix64. Written out because <see cref="Random"/> may change its algorithm with a version of .NET, and then
/// the demo and every expected number in a test would change with it.
/// </summary>
internal sealed class Rng
{
    private ulong _s0,
        _s1,
        _s2,
        _s3;

    /// <summary>A stream of its own for these three numbers.</summary>
    public Rng(ulong seed, long index, long stream) => Reseed(seed, index, stream);

    /// <summary>Starts the stream for these three numbers anew, without an allocation.</summary>
    public void Reseed(ulong seed, long index, long stream)
    {
        var state = Mix(Mix(Mix(seed) ^ (ulong)index) ^ (ulong)stream);
        _s0 = Mix(state += 0x9E3779B97F4A7C15);
        _s1 = Mix(state += 0x9E3779B97F4A7C15);
        _s2 = Mix(state += 0x9E3779B97F4A7C15);
        _s3 = Mix(state + 0x9E3779B97F4A7C15);
    }

    /// <summary>64 bits that depend on every bit of the argument.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number in [0, 1).</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [0, bound).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A whole number in [0, bound).</summary>
    public long Below(long bound) => (long)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A whole number from low to high, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True with this probability.</summary>
    public bool Chance(double probability) => Unit() < probability;

    /// <summary>One of the values, all equally likely.</summary>
    public T Pick<T>(T[] values) => values[Below(values.Length)];

    /// <summary>A random (version 4) UUID.</summary>
    public Guid Uuid() => Uuid(Next(), Next());

    /// <summary>The version 4 UUID that these bits make.</summary>
    public static Guid Uuid(ulong high, ulong low) =>
        new(
            (uint)(high >> 32),
            (ushort)(high >> 16),
            (ushort)((high & 0x0FFF) | 0x4000),
            (byte)((low >> 56 & 0x3F) | 0x80),
            (byte)(low >> 48),
            (byte)(low >> 40),
            (byte)(low >> 32),
            (byte)(low >> 24),
            (byte)(low >> 16),
            (byte)(low >> 8),
            (byte)low
        );
}
