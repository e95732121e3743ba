package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Mistakes in the command line are told before anything is read, with a hint.
func TestUsage(t *testing.T) {
	tests := map[string]string{
		"frobnicate":                    "there is no deskd frobnicate; see deskd --help",
		"serv":                          `there is no deskd serv; did you mean "serve"? see deskd --help`,
		"check confg":                   `there is no deskd check confg; did you mean "config"? see deskd check --help`,
		"check":                         "expected config, feed, phones or rules; see deskd check --help",
		"--frobnicate":                  "unknown flag: --frobnicate; see deskd --help",
		"plan --now":                    "unknown flag: --now; see deskd plan --help",
		"plan --at":                     "flag needs an argument: --at; see deskd plan --help",
		"plan -o yaml":                  `--output "yaml": text or json`,
		"serve now":                     `unexpected argument "now"; see deskd serve --help`,
		"version now":                   `unexpected argument "now"; see deskd version --help`,
		"check feed":                    "expected FILE|URL|NAME; see deskd check feed --help",
		"check feed a b":                `unexpected argument "b"; see deskd check feed --help`,
		"import desks":                  "expected desks|people|reservations|phones|calendar FILE; see deskd import --help",
		"import chairs x.csv":           `"chairs" cannot be imported: desks, people, reservations, phones or a calendar`,
		"list":                          "expected absences|arrivals|attempts|audit|closures|clusters|days|desks|drift|feeds|nodes|notices|people|phones|reservations|sessions|usage; see deskd list --help",
		"list chairs":                   `"chairs" cannot be listed: absences, arrivals, attempts, audit, closures, clusters, days, desks, drift, feeds, nodes, notices, people, phones, reservations, sessions, usage`,
		"list feeds --desk D1":          "--desk does not apply to feeds",
		"list desks --since 09:00":      "--since does not apply to desks",
		"list attempts --broken":        "--broken does not apply to attempts",
		"list attempts --limit 0":       "--limit 0: at least 1",
		"list attempts --limit many":    `--limit "many": expected a whole number; see deskd list attempts --help`,
		"reserve":                       "--desk, --person, --from, --to missing; see deskd reserve --help",
		"reserve --desk D1 --person= ":  "--person is empty; see deskd reserve --help",
		"cancel":                        "expected ID | --desk D --at T; see deskd cancel --help",
		"cancel --desk D1":              "--at missing; see deskd cancel --help",
		"cancel --at 09:00":             "--desk missing; see deskd cancel --help",
		"cancel 1234 --desk D1":         "an ID and --desk: give one of the two; see deskd cancel --help",
		"explain":                       "--desk missing; see deskd explain --help",
		"explain phone-error":           "expected NAME or --list; see deskd explain phone-error --help",
		"explain phone-error x --list":  "a NAME and --list: give one of the two; see deskd explain phone-error --help",
		"explain phone-error Hots":      `no phone is known to show "Hots" (--list lists what they show)`,
		"check phones":                  "expected FILE; see deskd check phones --help",
		"check phones no.xml":           "open no.xml: no such file or directory",
		"phone":                         "expected service; see deskd phone --help",
		"phone servce":                  `there is no deskd phone servce; did you mean "service"? see deskd phone --help`,
		"list people --person=":         "--person is empty; see deskd list people --help",
		"--config= plan":                "--config is empty; see deskd plan --help",
		"feed accept hall --change=":    "--change is empty; see deskd feed accept --help",
		"help frobnicate":               "there is no deskd frobnicate; see deskd --help",
		"help list chairs":              "there is no deskd list chairs; see deskd list --help",
		"completion":                    "expected a shell; see deskd completion --help",
		"completion bosh":               `there is no deskd completion bosh; did you mean "bash"? see deskd completion --help`,
		"reserve -o yaml":               `--output "yaml": text or json`,
		"list desks -o yaml":            `--output "yaml": text, json or csv`,
		"person export x -o text":       `--output "text": json`,
		"demo --speed fast":             `--speed "fast": expected a number; see deskd demo --help`,
		"demo --speed 0":                "--speed 0: more than 0, at most 100000",
		"demo --for 3":                  `--for "3": expected a duration such as 2h30m; see deskd demo --help`,
		"demo --desks 7":                "--desks 7: from 40 to 2000",
		"plan --config nowhere.yaml":    "find configuration: looked for nowhere.yaml: file does not exist; `deskd config > deskd.yaml` makes one",
		"--config nowhere.yaml plan":    "find configuration: looked for nowhere.yaml: file does not exist; `deskd config > deskd.yaml` makes one",
		"check feed x --config nowhere": "find configuration: looked for nowhere: file does not exist; `deskd config > deskd.yaml` makes one",
	}
	w := newWorld(t)
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			w := w.in(t)
			w.expect(w.plain(strings.Fields(line)...), result{2, "", "deskd: " + want + "\n"})
		})
	}
}

// Without --config two places are looked at. The second one, in /etc, is left
// to the machine the test runs on.
func TestNoConfiguration(t *testing.T) {
	w := newWorld(t)
	t.Chdir(t.TempDir())
	for _, verb := range []string{"plan", "serve", "doctor", "migrate", "list desks", "check config", "reconcile", "explain --desk D1", "cancel x"} {
		w.contains(w.plain(strings.Fields(verb)...), 2, "deskd: find configuration: looked for deskd.yaml and /etc/deskd/deskd.yaml", "`deskd config > deskd.yaml` makes one")
	}
	t.Chdir(w.folder)
	w.contains(w.plain("migrate"), 0, "deskd.db is up to date")
	w.expect(w.plain("migrate"), result{0, "deskd.db is up to date\n", ""})
}

// Every verb explains itself.
func TestHelp(t *testing.T) {
	w := newWorld(t)
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		got := w.plain(append(path, "--help")...)
		w.contains(got, 0, "Usage:\n  "+cmd.CommandPath(), "--config string")
		if got.errs != "" {
			t.Errorf("%s: help on standard error: %s", cmd.CommandPath(), got.errs)
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short text %q", cmd.CommandPath(), cmd.Short)
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot())
	w.contains(w.plain(), 0, "Start with: deskd demo", "serve ", "Run the daemon")
}

const badConfig = `listen: nonsense
sites: [{name: berlin, timezone: Europe/Berln}]
clusters:
  - {name: main, url: "https://cucm.example.com/", app_id: deskd, app_password_file: gone, max_per_minut: 3}
feeds: [{name: hall, url: "ftp://example.com", site: nowhere, every: 5}]
`

// All mistakes of a configuration are told at once, each with its place.
func TestMistakesInConfiguration(t *testing.T) {
	w := newWorld(t)
	w.write("bad.yaml", badConfig)
	lines := []string{
		`DIR/bad.yaml:1:1: listen: "nonsense" is not an address`,
		`DIR/bad.yaml:2:24: sites[0].timezone: "Europe/Berln" is not a time zone (did you mean Europe/Berlin?)`,
		`DIR/bad.yaml:4:92: clusters[0].max_per_minut: is not a key (did you mean max_per_minute?)`,
		`DIR/bad.yaml:5:22: feeds[0].url: `,
		`DIR/bad.yaml:5:48: feeds[0].site: "nowhere" is not one of the sites (known: berlin)`,
		`DIR/bad.yaml:5:63: feeds[0].every: "5" has no unit`,
	}
	for _, verb := range []string{"serve", "plan", "list desks", "import desks x.csv", "migrate"} {
		got := w.runWith("bad.yaml", strings.Fields(verb)...)
		w.contains(got, 2, lines...)
		if strings.Count(got.errs, "\n") != len(lines) || got.out != "" {
			t.Errorf("%s: said %s%s", verb, got.out, got.errs)
		}
	}
	w.contains(w.runWith("bad.yaml", "check", "config"), 2, lines[1], "clusters[0].app_password_file: open DIR/gone: no such file", lines[2])
}

func TestVersion(t *testing.T) {
	w := newWorld(t)
	w.contains(w.plain("version"), 0, "deskd ", "go1.")
}

// The printed configuration is right as soon as the files it names exist.
func TestPrintedConfiguration(t *testing.T) {
	w := newWorld(t)
	printed := w.plain("config")
	w.contains(printed, 0, "deskd check config", "app_password_file: em-password", "ca_file: cucm.pem")
	w.write("printed.yaml", printed.out)
	w.contains(w.runWith("printed.yaml", "check", "config"), 2, "clusters[0].ca_file: open DIR/cucm.pem")
	w.write("cucm.pem", certificate(t))
	w.expect(w.runWith("printed.yaml", "check", "config"), result{0, "DIR/printed.yaml is right: 1 site, 1 cluster, 1 feed\n", ""})
}

// deskd acts on no database but its own.
func TestForeignDatabase(t *testing.T) {
	w := newWorld(t)
	w.exec("CREATE TABLE orders (id INTEGER)")
	for _, verb := range []string{"serve", "migrate", "list desks", "doctor"} {
		w.contains(w.run(strings.Fields(verb)...), 78, "deskd: open database DIR/deskd.db: the file is a database of another program; name another file")
	}
}

func TestNewerDatabase(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	w.contains(w.run("list", "desks"), 78, "the database belongs to a newer deskd")
}
