package configs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What may be a secret is hidden wherever it stands, and what is needed to
// understand an installation stays.
func TestRedacted(t *testing.T) {
	c := Default()
	c.Clusters = []Cluster{{
		Name: "main", URL: "https://canary:canary@cucm.example.com:8443/emservice/EMServiceServlet?k=canary#canary",
		FailoverURLs: []string{"https://b.example.com/em?canary"}, AppID: "deskd", AppPasswordEnv: "canary", EMLoginURL: "http://canary@cucm.example.com/emapp?canary#canary",
	}}
	c.Feeds = []Feed{
		{Name: "a", URL: "https://canary@calendar.example.com/canary/desks.ics?token=canary", Username: "canary", PasswordEnv: "canary"},
		{Name: "b", URL: "caldav+https://dav.example.com/canary", TokenEnv: "canary", Every: 5 * minute},
		{Name: "c", URL: "https://cal:canary/x", TokenFile: "/etc/deskd/token"},
		{Name: "d", URL: "file:/srv/desks.ics"},
	}
	c.Clusters[0].Inventory.RIS = RISService{URL: "https://canary@cucm.example.com:8443/ris?canary", User: "canary", PasswordEnv: "canary"}
	c.Clusters[0].Inventory.AXL = AXLService{URL: "https://canary@cucm.example.com:8443/axl/?canary", User: "canary", PasswordEnv: "canary"}
	c.Phones.BaseURL = "https://canary:canary@desks.example.com/d?canary#canary"
	c.Phones.PlainURL = "http://canary:canary@desks.example.com/d?canary#canary"
	c.Phones.Push = Push{User: "canary", PasswordEnv: "canary"}
	tree, err := c.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(tree)
	if strings.Contains(text, "canary") {
		t.Errorf("a secret shows: %s", text)
	}
	at := func(list string, i int, key string) any { return tree[list].([]any)[i].(map[string]any)[key] }
	got := []any{
		at("clusters", 0, "url"), at("clusters", 0, "failover_urls"), at("clusters", 0, "app_password_env"), at("clusters", 0, "em_login_url"),
		at("feeds", 0, "url"), at("feeds", 0, "username"), at("feeds", 0, "token_env"), at("feeds", 1, "url"), at("feeds", 1, "every"),
		at("feeds", 2, "url"), at("feeds", 2, "token_file"), at("feeds", 3, "url"),
		tree["phones"].(map[string]any)["base_url"], tree["phones"].(map[string]any)["plain_url"],
	}
	want := []any{
		"https://cucm.example.com:8443/emservice/EMServiceServlet", []any{"https://b.example.com/em"}, "***", "http://cucm.example.com/emapp",
		"https://calendar.example.com/***", "***", "", "caldav+https://dav.example.com/***", "5m",
		"***", "/etc/deskd/token", "file:/srv/desks.ics",
		"https://desks.example.com/d", "http://desks.example.com/d",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if c.Clusters[0].FailoverURLs[0] != "https://b.example.com/em?canary" || c.Feeds[0].Username != "canary" {
		t.Error("the configuration itself was changed")
	}
}
