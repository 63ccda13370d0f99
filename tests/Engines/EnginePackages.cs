using System.Text.Json;

namespace Engines;

/// <summary>The native engines that npm put into tests/Engines/node_modules.</summary>
internal sealed class EnginePackages
{
    private EnginePackages(string folder)
    {
        PostgresFolder = Path.Combine(folder, "@embedded-postgres", "linux-x64", "native");
        ClickHouseLibrary = Path.Combine(folder, "@chdb", "lib-linux-x64-gnu", "libchdb.so");
    }

    /// <summary>The folder that holds PostgreSQL's bin, lib and share.</summary>
    internal string PostgresFolder { get; }

    internal string ClickHouseLibrary { get; }

    /// <exception cref="EngineException">An engine that is asked for isn't installed.</exception>
    internal static EnginePackages Find(string? folder, EngineKinds engines)
    {
        folder ??= Path.Combine(FindProject(), "node_modules");
        if (!Directory.Exists(folder))
        {
            throw new EngineException($"{folder} is missing: run `make setup`");
        }

        var packages = new EnginePackages(folder);
        if ((engines & (EngineKinds.Primary | EngineKinds.Replica)) != 0)
        {
            Require(Path.Combine(packages.PostgresFolder, "bin", "postgres"));
            packages.LinkLibraries();
        }

        if (engines.HasFlag(EngineKinds.ClickHouse))
        {
            Require(packages.ClickHouseLibrary);
        }

        return packages;
    }

    private static void Require(string file)
    {
        if (!File.Exists(file))
        {
            throw new EngineException($"{file} is missing: run `make setup` (on Linux, x64; the engines exist for no other system)");
        }
    }

    private static string FindProject()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var project = Path.Combine(folder.FullName, "tests", "Engines");
            if (File.Exists(Path.Combine(project, "package.json")))
            {
                return project;
            }
        }

        throw new EngineException(
            $"No folder above {AppContext.BaseDirectory} holds tests/Engines/package.json: run from a checkout, or set EngineSetOptions.Packages"
        );
    }

    /// <summary>An npm package can't hold links, so its install script makes them; but npm may be told to run no scripts.</summary>
    private void LinkLibraries()
    {
        var list = Path.Combine(PostgresFolder, "pg-symlinks.json");
        if (!File.Exists(list))
        {
            return;
        }

        var package = Path.GetDirectoryName(PostgresFolder)!;
        using var links = JsonDocument.Parse(File.ReadAllBytes(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var path = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (File.Exists(path))
            {
                continue;
            }

            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            try
            {
                File.CreateSymbolicLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, source));
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another set that started at the same moment made it.
            }
        }
    }
}
