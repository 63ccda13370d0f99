using System.Runtime.InteropServices;

namespace Collector.Fuel;

/// <summary>What people did at one installation, session by session, in the order in which they began it.</summary>
internal sealed class ActionSimulation(FuelOptions options)
{
    /// <summary>Half of the installations work more often than this on a working day; sets the table's size.</summary>
    public const double MedianSessions = 1.32;

    // What happened this long before the period may still arrive in it.
    private const long EarlierThan = 35 * Clock.Day;

    private const double OnWeekends = 0.25;

    private static readonly Shares<Operation> s_sessions = new(
        (Operation.Deploy, 20),
        (Operation.ClusterAttributes, 24),
        (Operation.Ostf, 17),
        (Operation.VerifyNetworks, 15),
        (Operation.NodeDeletion, 7),
        (Operation.ClusterInstance, 5),
        (Operation.ResetEnvironment, 4),
        (Operation.Update, 3),
        (Operation.CheckNetworks, 5)
    );

    private static readonly Operation[] s_settings =
    [
        Operation.ClusterAttributes,
        Operation.ClusterAttributes,
        Operation.NetworkConfiguration,
        Operation.NodesCollection,
    ];

    private readonly List<ActionPlan> _actions = [];
    private readonly List<EnvironmentPlan> _standing = [];
    private readonly Rng _rng = new(0, 0, 0);
    private InstallationPlan _installation = null!;
    private int _tasks;

    /// <summary>All operations of the installation up to the end of the period; the list is reused by the next call.</summary>
    public List<ActionPlan> Run(InstallationPlan installation)
    {
        _actions.Clear();
        _installation = installation;
        _rng.Reseed((ulong)options.Seed, installation.Index, Streams.Simulation);
        _tasks = 0;
        if (!installation.IsSilent)
        {
            var end = Math.Min(Clock.StartOf(options.End), installation.LeftAt);
            var begin = Math.Max(Clock.StartOf(options.End) - (options.Days * Clock.Day) - EarlierThan, installation.StartAt);
            for (var day = begin - (begin % Clock.Day); day < end; day += Clock.Day)
            {
                LiveThrough(day, begin, end);
            }
            NumberThem(begin);
        }
        return _actions;
    }

    private void LiveThrough(long day, long begin, long end)
    {
        _standing.Clear();
        foreach (var environment in _installation.Environments)
        {
            if (environment.CreatedAt < day + Clock.Day && environment.DeletedAt > day)
            {
                _standing.Add(environment);
            }
        }
        // People who have just installed it try everything.
        var zeal = day < _installation.StartAt + (5 * Clock.Day) ? 2.5 : 1;
        var mean = _installation.Activity * zeal * (Clock.IsWeekend(day) ? OnWeekends : 1);
        for (var sessions = _rng.Poisson(_standing.Count == 0 ? mean * 0.1 : mean); sessions > 0; sessions--)
        {
            var hour = 13.5 + (3.2 * _rng.Normal()) - _installation.UtcOffsetHours;
            var at = day + (long)(hour * Clock.Hour);
            if (at >= begin && at < end)
            {
                HoldSession(at);
            }
        }
        foreach (var environment in _standing)
        {
            if (environment.DeletedAt < day + Clock.Day && environment.DeletedAt >= begin)
            {
                var tookUntil = environment.DeletedAt + Span(90, 0.8);
                Add(Operation.ClusterDeletion, environment, environment.DeletedAt, tookUntil, Outcome.Ready, NextTask());
            }
        }
    }

    private void HoldSession(long at)
    {
        if (_standing.Count == 0)
        {
            Add(Operation.ClusterInstance, null, at, at + Span(0.3, 0.7), Outcome.Ready);
            return;
        }
        var environment = _standing[_rng.Below(_standing.Count)];
        switch (s_sessions.Pick(_rng))
        {
            case Operation.Deploy:
                DeployUntilItWorks(environment, at);
                break;
            case Operation.ClusterAttributes:
                ChangeSettings(environment, ref at, _rng.Between(1, 3));
                break;
            case Operation.Ostf:
                CheckHealth(environment, at);
                break;
            case Operation.VerifyNetworks:
                VerifyNetworks(environment, at);
                break;
            case Operation.ClusterInstance:
                Add(Operation.ClusterInstance, environment, at, at + Span(0.3, 0.7), Outcome.Ready);
                break;
            case var task:
                var outcome = _rng.Chance(0.12) ? Outcome.Error : Outcome.Ready;
                Add(task, environment, at, at + Span(Typically(task), 0.7), outcome, NextTask());
                break;
        }
    }

    private static double Typically(Operation task) =>
        task switch
        {
            Operation.NodeDeletion => 180,
            Operation.ResetEnvironment => 420,
            Operation.Update => 3_600,
            _ => 6,
        };

    private void ChangeSettings(EnvironmentPlan environment, ref long at, int times)
    {
        for (; times > 0; times--)
        {
            var end = at + Span(0.4, 0.8);
            Add(_rng.Pick(s_settings), environment, at, end, _rng.Chance(0.05) ? Outcome.Error : Outcome.Ready);
            at = end + Span(45, 1);
        }
    }

    private void CheckHealth(EnvironmentPlan environment, long at) =>
        Add(Operation.Ostf, environment, at, at + Span(400, 0.8), _rng.Chance(0.2) ? Outcome.Error : Outcome.Ready);

    private void VerifyNetworks(EnvironmentPlan environment, long at)
    {
        for (var tries = 0; tries < 5; tries++)
        {
            var works = _rng.Chance(0.6);
            var end = at + Span(50, 0.5);
            Add(Operation.VerifyNetworks, environment, at, end, works ? Outcome.Ready : Outcome.Error, NextTask());
            if (works)
            {
                return;
            }
            at = end + Span(300, 1);
        }
    }

    private void DeployUntilItWorks(EnvironmentPlan environment, long at)
    {
        ChangeSettings(environment, ref at, _rng.Below(3));
        for (var tries = 0; tries < 7; tries++)
        {
            Add(Operation.DeployChanges, environment, at, at + Span(0.8, 0.5), Outcome.Ready);
            var outcome = Deploy(environment, ref at, withProvision: tries == 0 || _rng.Chance(0.3));
            if (outcome == Outcome.Ready && _rng.Chance(0.55))
            {
                CheckHealth(environment, at + Span(600, 1));
            }
            if (outcome != Outcome.Error || _rng.Chance(0.2))
            {
                return;
            }
            at += Span(1_800, 1.1);
            ChangeSettings(environment, ref at, _rng.Below(2));
        }
    }

    // A deployment is a task whose parts follow one another until one of them fails.
    private Outcome Deploy(EnvironmentPlan environment, ref long at, bool withProvision)
    {
        var first = _actions.Count;
        var parent = NextTask();
        Add(Operation.Deploy, environment, at, at, Outcome.Ready, parent);
        var slowness = 0.7 + (environment.Nodes / 25.0);
        var stage = at + (long)(_rng.Unit() * Clock.Second);
        var outcome = Part(Operation.CheckBeforeDeployment, 3, failing: 0.03);
        outcome = outcome == Outcome.Ready ? Part(Operation.CheckNetworks, 5, failing: 0.02) : outcome;
        outcome = outcome == Outcome.Ready && withProvision ? Part(Operation.Provision, 700 * slowness, failing: 0.07) : outcome;
        outcome = outcome == Outcome.Ready ? Part(Operation.Deployment, 2_400 * slowness, failing: 0.2, lost: 0.012) : outcome;
        var parts = _tasks - parent;
        if (outcome == Outcome.Error && _rng.Chance(0.1))
        {
            Add(Operation.StopDeployment, environment, stage, stage + Span(40, 0.7), Outcome.Ready, NextTask());
        }
        ref var deploy = ref CollectionsMarshal.AsSpan(_actions)[first];
        deploy.EndAt = outcome == Outcome.Running ? -1 : stage;
        deploy.Outcome = outcome;
        deploy.Subtasks = (short)parts;
        at = stage;
        return outcome;

        Outcome Part(Operation operation, double seconds, double failing, double lost = 0)
        {
            var end = stage + Span(seconds, 0.55);
            var luck = _rng.Unit();
            var result =
                luck < lost ? Outcome.Running
                : luck < lost + failing ? Outcome.Error
                : Outcome.Ready;
            Add(operation, environment, stage, result == Outcome.Running ? -1 : end, result, NextTask(), parent);
            stage = end + (long)(_rng.Unit() * Clock.Second);
            return result;
        }
    }

    private int NextTask() => ++_tasks;

    private long Span(double seconds, double sigma) => (long)(_rng.LogNormal(seconds, sigma) * Clock.Second);

    private void Add(Operation operation, EnvironmentPlan? environment, long start, long end, Outcome outcome, int task = 0, int parent = 0)
    {
        // Python leaves the fraction out when it is zero; clocks that tick in whole seconds make that less rare than chance.
        start = _rng.Chance(0.01) ? start - (start % Clock.Second) : start;
        _actions.Add(
            new ActionPlan
            {
                Installation = _installation.Index,
                Operation = operation,
                Outcome = outcome,
                StartAt = start,
                EndAt = outcome == Outcome.Running ? -1 : Math.Max(start, end),
                Task = task,
                ParentTask = parent,
                Environment = _rng.Chance(0.01) ? 0 : environment?.Id ?? 0,
                Nodes = (short)(environment?.Nodes ?? 0),
            }
        );
    }

    // External ids count the site's operations from its beginning; some never leave it, hence the gaps.
    private void NumberThem(long begin)
    {
        var actions = CollectionsMarshal.AsSpan(_actions);
        actions.Sort(static (a, b) => (a.StartAt, a.Task, a.Operation, a.EndAt).CompareTo((b.StartAt, b.Task, b.Operation, b.EndAt)));
        var daysBefore = (begin - _installation.StartAt) / (double)Clock.Day;
        var id = (int)(daysBefore * _installation.Activity * 3);
        foreach (ref var action in actions)
        {
            id += _rng.Chance(0.03) ? _rng.Between(2, 9) : 1;
            action.ExternalId = id;
            action.Fault =
                options.UnreadableOneIn > 0 && _rng.Below(options.UnreadableOneIn) == 0
                    ? (Fault)_rng.Between((int)Fault.Truncated, (int)Fault.NotADate)
                    : Fault.None;
        }
    }
}
