package configs

import (
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExample holds deskd.yaml to its first sentence: every key, with its
// default unless it says otherwise.
func TestExample(t *testing.T) {
	c, err := Parse("deskd.yaml", []byte(Example()))
	if err != nil {
		t.Fatal(err)
	}
	places := c.source.places

	cluster, feed := c.Clusters[0], c.Feeds[0]
	cluster.Name, cluster.URL, cluster.AppID, cluster.AppPasswordFile, cluster.CAFile = "", "", "", "", ""
	feed.Name, feed.URL, feed.Site = "", "", ""
	feed.AllowDesks, feed.AllowNetworks, cluster.FailoverURLs = nil, nil, nil // [] and nothing mean the same
	if stated := told(c.Sites[0].RulesOf("D1", "", "")); stated != "" {
		t.Errorf("the rules %s are stated, and the default is none", stated)
	}
	c.Sites, c.Clusters, c.Feeds, c.Hosts, c.DenyNetworks = nil, nil, nil, nil, nil
	for name, pair := range map[string][2]any{
		"config": {Default(), c}, "cluster": {defaults.cluster, cluster}, "feed": {defaults.feed, feed},
	} {
		if diff := cmp.Diff(pair[0], pair[1], values); diff != "" {
			t.Errorf("%s: -default +stated:\n%s", name, diff)
		}
	}

	onlyInComments := map[string]bool{
		"clusters[0].app_password_env": true, "clusters[0].pin_sha256": true, "feeds[0].desk.fixed": true, "feeds[0].person.fixed": true,
		"feeds[0].desk.match": true, "feeds[0].person.match": true,
		"feeds[0].username": true, "feeds[0].password_file": true, "feeds[0].password_env": true, "feeds[0].token_file": true, "feeds[0].token_env": true,
		"feeds[0].ca_file": true, "feeds[0].pin_sha256": true,
		"clusters[0].inventory.ris.password_env": true, "clusters[0].inventory.ris.ca_file": true, "clusters[0].inventory.ris.pin_sha256": true,
		"clusters[0].inventory.axl.password_env": true, "clusters[0].inventory.axl.ca_file": true, "clusters[0].inventory.axl.pin_sha256": true,
		"sites[0].zones[0].zone": true, "sites[0].zones[0].floor": true, "sites[0].zones[0].desks": true, "sites[0].zones[0].rules": true,
	}
	walk("", reflect.TypeFor[Config](), func(key, name string) {
		if strings.HasPrefix(key, "sites[0].zones[0].rules.") {
			return // as those of the site
		}
		_, stated := places[key]
		if stated == onlyInComments[key] {
			t.Errorf("%s: stated %v", key, stated)
		}
		if !stated && !regexp.MustCompile(`(?m)#.*\b`+name+`: `).MatchString(Example()) {
			t.Errorf("%s is not mentioned", key)
		}
	})
}

// walk visits the keys of the struct type t in depth, the first entry for all
// of a list.
func walk(under string, t reflect.Type, visit func(key, name string)) {
	for i, name := range keys(t) {
		key := child(under, name)
		visit(key, name)
		of := t.Field(i).Type
		if of.Kind() == reflect.Slice {
			of, key = of.Elem(), key+"[0]"
		}
		if of.Kind() == reflect.Struct {
			walk(key, of, visit)
		}
	}
}

// The unit and the example agree on where the database is, and the password is
// where every verb can read it, not where the running service alone can.
func TestUnit(t *testing.T) {
	unit, err := os.ReadFile("deskd.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"StateDirectory=deskd\n", "Type=notify\n", "WatchdogSec=", "ExecReload=/bin/kill -HUP $MAINPID\n", "NoNewPrivileges=yes\n", "ProtectSystem=strict\n",
		"CapabilityBoundingSet=\n", "ExecStart=/usr/bin/deskd serve --config /etc/deskd/deskd.yaml\n", "RestartPreventExitStatus=2 78\n",
	} {
		if !strings.Contains(string(unit), "\n"+line) {
			t.Errorf("deskd.service lacks %q", line)
		}
	}
	if strings.Contains(string(unit), "\nLoadCredential=") || strings.Contains(Example(), "/run/credentials") {
		t.Error("the password is a credential, which doctor and plan cannot read")
	}
	for _, path := range []string{"em-password", "/var/lib/deskd/deskd.db"} {
		if !strings.Contains(string(unit), path) || !strings.Contains(Example(), path) {
			t.Errorf("%s is not named by both files", path)
		}
	}
}

// The unit leaves the daemon no more of the machine than it needs: exposure 2.0
// of 10 at most, as systemd counts it.
func TestUnitExposure(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze counts, and is not installed")
	}
	out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", "deskd.service").CombinedOutput()
	if strings.Contains(string(out), "unrecognized option") {
		t.Skip("this systemd-analyze is older than 250 and counts only what is installed")
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
