package configs

import (
	"strings"
	"testing"
)

// What is open or locked stays; everything else may change.
func TestCheckReload(t *testing.T) {
	const inForce = "database: {dsn: deskd.db}\nlisten: 127.0.0.1:8484\n"
	tests := map[string]struct{ text, want string }{
		"the same":         {inForce, ""},
		"defaults alike":   {"policy: {grace: 1m}\n", ""},
		"everything else":  {"jobs: {sweep: \"@every 1m\"}\nsites: [{name: berlin, timezone: Europe/Berlin}]\nlog: {level: debug}\n" + inForce, ""},
		"another door":     {inForce + "pages: token\ntls: {listen: \":8443\", cert_file: a.pem, key_file: b.pem}\n", "etc/deskd.yaml:4:7: tls.listen: cannot be changed while deskd runs (restart deskd for this change)"},
		"another database": {"listen: 127.0.0.1:8484\ndatabase:\n  dsn: other.db\n", "etc/deskd.yaml:3:3: database.dsn: cannot be changed while deskd runs (restart deskd for this change)"},
		"both": {"listen: 127.0.0.1:80\ndatabase: {dsn: other.db}\n", "etc/deskd.yaml:1:1: listen: cannot be changed while deskd runs (restart deskd for this change)\n" +
			"etc/deskd.yaml:2:12: database.dsn: cannot be changed while deskd runs (restart deskd for this change)"},
	}
	parse := func(t *testing.T, text string) Config {
		t.Helper()
		c, err := Parse("etc/deskd.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := parse(t, test.text).CheckReload(parse(t, inForce)); err != nil {
				got = err.Error()
			}
			if strings.TrimSpace(got) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
