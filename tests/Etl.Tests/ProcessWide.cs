using Xunit;

namespace Etl.Tests;

/// <summary>
/// Tests that change what the whole process shares (stderr, environment, working directory): none runs beside another test.
/// </summary>
[CollectionDefinition(nameof(ProcessWide), DisableParallelization = true)]
public sealed class ProcessWide;
