namespace Etl.Source;

/// <summary>Where a field lies in a batch's bytes; <paramref name="Length"/> is -1 for NULL.</summary>
internal readonly record struct Field(int Offset, int Length)
{
    public const int Null = -1;
}

/// <summary>Some rows of a binary COPY: their bytes, and for each column where each row's field lies in them.</summary>
/// <remarks>Laid out by column, so that a column is decoded in one tight loop.</remarks>
internal sealed class CopyBatch(int columns)
{
    /// <summary>The most rows that a batch holds.</summary>
    public const int MaxRows = 4096;

    private readonly Field[][] fields = [.. Enumerable.Range(0, columns).Select(_ => new Field[MaxRows])];

    public int Rows { get; set; }

    /// <summary>The bytes that the fields point into.</summary>
    public byte[] Bytes { get; set; } = [];

    public ReadOnlySpan<Field> Column(int index) => fields[index].AsSpan(0, Rows);

    public Field[] Fields(int index) => fields[index];

    /// <summary>Takes a row out.</summary>
    public void Remove(int row)
    {
        foreach (var column in fields)
        {
            Array.Copy(column, row + 1, column, row, Rows - row - 1);
        }

        Rows--;
    }

    /// <summary>Appends a row of another batch over the same bytes.</summary>
    public void Add(CopyBatch other, int row)
    {
        for (var c = 0; c < fields.Length; c++)
        {
            fields[c][Rows] = other.fields[c][row];
        }

        Rows++;
    }
}
