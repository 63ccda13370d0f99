using System.Globalization;

namespace Collector.Openstack;

/// <summary>
/// A shared cloud's accounting as a collector would hold it. The same options give exactly the same rows, on any machine, in any culture.
/// </summary>
public sealed class OpenstackGenerator
{
    private const int Pocs = 240;
    private static readonly string[] s_institutions =
    [
        "Boston University",
        "Harvard University",
        "MIT",
        "Northeastern University",
        "University of Massachusetts",
        "Tufts University",
        "Brandeis",
        "Children's Hospital",
        "State Agency, IT",
    ];

    private static readonly string[] s_departments =
    [
        "physics",
        "biology",
        "computing",
        "medicine",
        "economics",
        "library",
        "teaching",
        "operations",
    ];
    private static readonly string[] s_groups = ["research", "course", "storage", "staging", "archive", "cluster", "data: raw", "web"];
    private readonly OpenstackOptions _options;

    /// <summary>Makes every row.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public OpenstackGenerator(OpenstackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        Institutions = [.. s_institutions.Select((name, i) => new Institution(i + 1, name))];
        MocProjects = MakeTree();
        Ownerships = MakeOwnerships();
        Projects = MakeProjects();
        People = [.. Enumerable.Range(1, Pocs).Select(Person)];
        (ProjectRoles, InstitutionRoles) = MakeRoles();
        var items = new ItemHistory(options, Catalog, Projects, Pocs);
        items.Run();
        Items = items.Items;
        Links = items.Links;
        Intervals = items.Intervals;
    }

    /// <summary>The institutions.</summary>
    public IReadOnlyList<Institution> Institutions { get; }

    /// <summary>The tree, its root first.</summary>
    public IReadOnlyList<MocProject> MocProjects { get; }

    /// <summary>Who bought what; some projects nobody did, and few wholly.</summary>
    public IReadOnlyList<Ownership> Ownerships { get; }

    /// <summary>The services' projects.</summary>
    public IReadOnlyList<Project> Projects { get; }

    /// <summary>The people.</summary>
    public IReadOnlyList<Poc> People { get; }

    /// <summary>Their roles in projects.</summary>
    public IReadOnlyList<PocRole> ProjectRoles { get; }

    /// <summary>Their roles in institutions.</summary>
    public IReadOnlyList<PocRole> InstitutionRoles { get; }

    /// <summary>The kinds of items and their flavours.</summary>
    public Catalog Catalog { get; } = new();

    /// <summary>The items.</summary>
    public IReadOnlyList<Item> Items { get; }

    /// <summary>Volumes and addresses of virtual machines.</summary>
    public IReadOnlyList<ItemLink> Links { get; }

    /// <summary>What state they were in.</summary>
    public IReadOnlyList<Interval> Intervals { get; }

    private List<MocProject> MakeTree()
    {
        var rng = new Rng((ulong)_options.Seed, 0, 1);
        List<MocProject> tree = [new(1, "MOC", null)];
        foreach (var department in s_departments)
        {
            var parent = new MocProject(tree.Count + 1, department, 1);
            tree.Add(parent);
            for (var g = rng.Between(0, 5); g > 0; g--)
            {
                // One in twelve has no name. Names come again under other parents.
                var group = new MocProject(tree.Count + 1, rng.Chance(1 / 12.0) ? null : s_groups[(g * 3) % s_groups.Length], parent.Id);
                tree.Add(group);
                if (rng.Chance(0.3))
                {
                    tree.Add(new MocProject(tree.Count + 1, rng.Pick(s_groups), group.Id));
                }
            }
        }
        return tree;
    }

    private List<Ownership> MakeOwnerships()
    {
        var rng = new Rng((ulong)_options.Seed, 0, 2);
        List<Ownership> ownerships = [];
        foreach (var project in MocProjects)
        {
            var left = 100;
            var owners = project.Id == 1 ? 3 : rng.Below(4);
            foreach (var institution in Enumerable.Range(0, owners).Select(_ => rng.Below(Institutions.Count)).Distinct())
            {
                // The last one takes all that is left now and then; the root is never sold out.
                var percent = project.Id != 1 && rng.Chance(0.2) ? left : rng.Below((left / 2) + 1);
                ownerships.Add(new Ownership(project.Id, Institutions[institution].Id, percent));
                left -= percent;
            }
        }
        return ownerships;
    }

    private List<Project> MakeProjects()
    {
        var rng = new Rng((ulong)_options.Seed, 0, 3);
        List<Project> projects = [];
        foreach (var project in MocProjects)
        {
            for (var p = rng.Below(4); p > 0; p--)
            {
                projects.Add(new Project(projects.Count + 1, project.Id, rng.Between(1, 2), rng.Uuid().ToString("N")));
            }
        }
        projects.Add(new Project(projects.Count + 1, 1, 1, rng.Uuid().ToString("N")));
        return projects;
    }

    private Poc Person(int number)
    {
        var text = number.ToString("000", CultureInfo.InvariantCulture);
        return new Poc(
            number,
            number % 60 == 0 ? null : "user" + text,
            PrivacyMarkers.FirstName + text,
            PrivacyMarkers.LastName + text,
            text + PrivacyMarkers.EmailDomain,
            PrivacyMarkers.Phone + text
        );
    }

    private (List<PocRole> Projects, List<PocRole> Institutions) MakeRoles()
    {
        var rng = new Rng((ulong)_options.Seed, 0, 4);
        List<PocRole> projects = [],
            institutions = [];
        foreach (var person in People)
        {
            projects.AddRange(
                Enumerable.Range(0, rng.Between(0, 3)).Select(_ => new PocRole(person.Id, rng.Pick([.. Projects]).Id, rng.Between(1, 3)))
            );
            institutions.Add(new PocRole(person.Id, Institutions[rng.Below(Institutions.Count)].Id, rng.Between(1, 2)));
        }
        // The tables have no key: the same row may stand there twice.
        projects.Add(projects[0]);
        return (projects, institutions);
    }
}
