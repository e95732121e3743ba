package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
)

// Every verb that answers something does so for programs, too, and refuses a form
// that it does not have before it does anything.
func TestEveryVerbTakesOutput(t *testing.T) {
	w := newWorld(t)
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
		// The daemon and the show answer nothing; the others are cobra's.
		quiet := []string{"deskd serve", "deskd demo", "deskd completion", "deskd help"}
		if cmd.HasSubCommands() || slices.ContainsFunc(quiet, func(q string) bool { return strings.HasPrefix(cmd.CommandPath(), q) }) {
			return
		}
		flag := cmd.Flags().Lookup("output")
		if flag == nil || flag.Shorthand != "o" || !slices.Contains(flag.Annotations["forms"], "json") {
			t.Errorf("%s has no -o json", cmd.CommandPath())
			return
		}
		if err := cli.CheckFlags(cmd); err != nil && !strings.Contains(err.Error(), " missing; see ") { // one of several is needed
			t.Errorf("%s: %v", cmd.CommandPath(), err)
		}
		flag.Value.Set("yaml")
		if err := cli.CheckFlags(cmd); err == nil || !strings.Contains(err.Error(), "yaml") {
			t.Errorf("%s takes -o yaml", cmd.CommandPath())
		}
	}
	visit(newRoot())
	w.contains(w.run("migrate", "-o", "yaml"), 2, "text or json")
	w.contains(w.run("list", "desks"), 1, "nothing to read yet")
}

// What verbs print for programs is one JSON value, and what they tell people
// beside it is on standard error.
func TestAnswersAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	id := w.book("D1", "user0001", "2030-01-02 09:00", "2030-01-02 10:00")
	w.reserve("D2", "user0003", -time.Hour, time.Hour)
	w.must("reconcile")
	tests := []struct {
		line string
		code int
		want string
	}{
		{"version", 0, `"deskd": "`},
		{"config", 0, `"max_per_minute": 60`},
		{"check config", 0, `"right": true`},
		{"migrate", 0, `"database": "DIR/deskd.db"`},
		{"reserve --desk D3 --person user0002 --from 2030-01-02 --to 2030-01-02 --key k", 0, `"start": "2030-01-02T05:00:00Z"`},
		{"reserve --desk D3 --person user0002 --from 2030-01-02 --to 2030-01-02 --key k", 0, `"already": true`},
		{"cancel " + id, 0, `"status": "cancelled"`},
		{"explain --desk D1", 0, `"wanted"`},
		{"plan --seen", 0, `[`},
		{"pause --why x", 0, `"why": "x"`},
		{"pause", 0, `"why": "x"`},
		{"reconcile", 1, `"problems"`},
		{"resume", 0, `"paused": null`},
		{"logouts show", 0, `"cluster": "main"`},
		{"feed show hall", 0, `"feed": "hall"`},
		{"doctor", 0, `"grade"`},
		{"audit verify", 0, `"head"`},
		{"backup DIR/copy.db", 0, `"reservations"`},
		{"support-bundle DIR/bundle.tar.gz", 0, `"file": "DIR/bundle.tar.gz"`},
		{"person export user0002", 0, `"user0002"`},
		{"person erase user0002 --yes", 0, `"cancelled": 1`},
	}
	for _, kind := range []string{"attempts", "audit", "clusters", "desks", "drift", "feeds", "people", "reservations", "sessions"} {
		tests = append(tests, struct {
			line string
			code int
			want string
		}{"list " + kind, 0, "["})
	}
	for _, tt := range tests {
		args := strings.Fields(strings.ReplaceAll(tt.line, "DIR/", w.folder+"/"))
		got := w.run(append(args, "-o", "json")...)
		var v any
		if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != tt.code || !strings.Contains(got.out, tt.want) {
			t.Errorf("%s: %v; exit code %d, expected %d, and %s in\n%s%s", tt.line, err, got.code, tt.code, tt.want, got.out, got.errs)
		}
	}
	w.write("bad.yaml", badConfig)
	got := w.runWith("bad.yaml", "check", "config", "-o", "json")
	var found checkedConfig
	if err := json.Unmarshal([]byte(got.out), &found); err != nil || got.code != 2 || found.Right || len(found.Mistakes) < 6 || found.Mistakes[0].Line != 1 {
		t.Errorf("check config of a wrong one: %v, %+v", err, got)
	}
}
