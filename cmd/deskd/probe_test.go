package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"deskd/cmd/deskd/doctor"
	"deskd/emapi/emulator"
)

// The verb refuses what would be in a person's way, and sends no login then.
func TestProbeRefuses(t *testing.T) {
	notShort(t, "refuses in every way")
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*world)
		args  string
		code  int
		says  string
	}{
		"no desk":      {func(*world) {}, "--person user0001", 2, "--desk missing"},
		"unknown desk": {func(*world) {}, "--desk D9 --person user0001", 1, `D9`},
		"unknown user": {func(*world) {}, "--desk D1 --person nobody", 1, `nobody`},
		"too few":      {func(*world) {}, "--desk D1 --person user0001 --minutes 0", 2, "--minutes 0: from 1 to 60"},
		"too short":    {func(*world) {}, "--desk D1 --person user0001 --timeout 10s", 2, "--timeout 10s: at least 3m30s"},
		"occupied": {func(w *world) { _ = w.phones.PressLogin("SEP000000000001", "user0002") }, "--desk D1 --person user0001", 1,
			"user0002 is on the phone of desk D1: take a free one"},
		"elsewhere": {func(w *world) { _ = w.phones.PressLogin("SEP000000000004", "user0001") }, "--desk D1 --person user0001", 1,
			"user0001 is logged in on SEP000000000004: log out there first"},
		"booked":         {func(w *world) { w.reserve("D1", "user0003", -time.Hour, time.Hour) }, "--desk D1 --person user0001", 1, "desk D1 is booked at "},
		"booked soon":    {func(w *world) { w.reserve("D1", "user0003", 3*time.Minute, time.Hour) }, "--desk D1 --person user0001", 1, "desk D1 is booked at "},
		"no such phone":  {func(w *world) { w.phones.RemoveDevice("SEP000000000001") }, "--desk D1 --person user0001", 1, "does not know SEP000000000001"},
		"no such user":   {func(w *world) { w.person("user0009") }, "--desk D1 --person user0009", 1, "the phone system does not know the user user0009"},
		"daemon runs":    {func(w *world) { w.serve() }, "--desk D1 --person user0001", 75, "another deskd holds the database"},
		"wrong password": {func(w *world) { w.write("em-password", "guess"); w.run("reconcile") }, "--desk D1 --person user0001", 1, `cluster "main" refuses deskd: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).furnish()
			c.spoil(w)
			w.contains(w.run(append([]string{"probe-duration"}, strings.Fields(c.args)...)...), c.code, c.says)
			if sent := w.phones.Stats().Requests["login"]; sent > 0 {
				t.Errorf("%d logins were sent", sent)
			}
		})
	}
}

// The verb on a phone system that counts seconds, in real time.
func TestProbeVerb(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.phones.Change(func(o *emulator.Options) { o.TimeUnit = time.Second })
	got := w.run("probe-duration", "--desk", "D1", "--person", "user0001", "-o", "json")
	var m doctor.Measurement
	if err := json.Unmarshal([]byte(got.out), &m); err != nil || got.code != 0 {
		t.Fatalf("%v: %+v", err, got)
	}
	if m.Unit != "seconds" || m.Advice != "write unit: seconds under exclusive_duration of cluster main; it says minutes" {
		t.Errorf("%+v", m)
	}
	if got := w.session("SEP000000000001"); got != "" {
		t.Errorf("%s is left on the phone", got)
	}
}
