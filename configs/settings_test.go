package configs

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Of two nodes the keys are named whose values are not the same, entries of lists by their names
// wherever they stand; not what a node has for itself.
func TestUnlike(t *testing.T) {
	const (
		sites = "sites: [{name: berlin, timezone: Europe/Berlin}]\n"
		main  = `{name: main, url: "https://em/", app_id: deskd, app_password_file: em-password, max_per_minute: 90}`
		other = `{name: other, url: "https://other/", app_id: deskd, app_password_file: em-password}`
		hall  = `{name: hall, url: "https://cal/secret", site: berlin}`
		lobby = `{name: lobby, url: "file:lobby.ics", site: berlin}`
	)
	clusters := func(all ...string) string { return "clusters: [" + strings.Join(all, ", ") + "]\n" }
	feeds := func(all ...string) string { return "feeds: [" + strings.Join(all, ", ") + "]\n" }
	two := func(first, second string) string {
		return "sites: [{name: " + first + ", timezone: Europe/Berlin}, {name: " + second + ", timezone: Europe/Berlin}]\n" + clusters(main, other) + feeds(hall, lobby)
	}
	whole := sites + clusters(main, other) + feeds(hall, lobby)
	tests := map[string]struct {
		text string
		want []string
	}{
		"the same":           {whole, nil},
		"in another order":   {feeds(lobby, hall) + clusters(other, main) + sites, nil},
		"a default, written": {whole + "policy: {lead: 10m}\n", nil},
		"its own": {strings.ReplaceAll(whole, "app_password_file: em-password", "app_password_env: PASS") +
			"database: {dsn: b.db, node: b}\nlisten: 127.0.0.1:1\nhosts: [b.example]\nlog: {level: debug}\n" +
			"tls: {listen: \"127.0.0.1:8443\", cert_file: a.pem, key_file: b.pem}\nphones: {base_url: \"https://b.example:8443\", plain_url: \"http://b.example:8484\"}\n", nil},
		"a policy":                {whole + "policy: {lead: 11m, stranger: wait}\n", []string{"policy.lead", "policy.stranger"}},
		"a rate":                  {strings.Replace(whole, "90", "91", 1), []string{"clusters[main].max_per_minute"}},
		"a cluster fewer":         {sites + clusters(main) + feeds(hall, lobby), []string{"clusters[other]"}},
		"no feeds":                {sites + clusters(main, other), []string{"feeds[hall]", "feeds[lobby]"}},
		"an address":              {strings.Replace(whole, "secret", "public", 1), []string{"feeds[hall].url"}},
		"a list":                  {whole + "deny_networks: [10.1.0.0/16]\n", []string{"deny_networks"}},
		"rules of a site":         {strings.Replace(whole, "Europe/Berlin", "Europe/Berlin, rules: {check_in: 15m}", 1), []string{"sites[berlin].rules.check_in"}},
		"rules of part of a site": {strings.Replace(whole, "Europe/Berlin", "Europe/Berlin, zones: [{floor: \"2\", rules: {check_in: 15m}}]", 1), []string{"sites[berlin].zones"}},
	}
	of := func(t *testing.T, path, text string) Settings {
		t.Helper()
		c, err := Parse(path, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Settings()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mine := of(t, "etc/deskd.yaml", whole)
	if got := of(t, "a.yaml", two("berlin", "bonn")).Unlike(of(t, "b.yaml", two("bonn", "berlin"))); !slices.Equal(got, []string{"sites (the first)"}) {
		t.Errorf("sites in another order: %v", got)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			theirs := of(t, "elsewhere/deskd.yaml", test.text)
			for _, got := range [][]string{mine.Unlike(theirs), theirs.Unlike(mine)} {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("unlike (-want +got):\n%s", diff)
				}
			}
		})
	}
	t.Run("not told", func(t *testing.T) {
		if got := slices.Concat(mine.Unlike(nil), Settings(nil).Unlike(mine)); got != nil {
			t.Errorf("%v are unlike what was not told", got)
		}
	})
	t.Run("a newer version", func(t *testing.T) {
		newer := maps.Clone(mine)
		newer["policy.novelty"] = "00000000"
		if got := slices.Concat(mine.Unlike(newer), newer.Unlike(mine)); got != nil {
			t.Errorf("%v are unlike, which one of the two cannot have", got)
		}
	})
	t.Run("tells no secret", func(t *testing.T) {
		for key, digest := range mine {
			if len(digest) != 0 && len(digest) != 2*digestLength || strings.Contains(key, "secret") {
				t.Errorf("%s is told as %q", key, digest)
			}
		}
	})
}
