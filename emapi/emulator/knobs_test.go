package emulator

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// turnedKnobs gives every knob another value than its default.
var turnedKnobs = map[string]string{
	"app-id": "other", "app-password": "hidden", "no-proxy-right": "true", "credential-cache": "1m0s", "cache-refusals": "true",
	"trusted": "192.0.2.0/24,2001:db8::1/128", "allow-proxy": "true", "max-concurrent": "-1", "count-queries": "true",
	"multiple-login": "auto-logout", "max-login-time": "8h0m0s", "end-rule": "maximum", "time-unit": "seconds", "forget-last-user": "true",
	"lag": "45s", "lag-every": "2", "login-time": "400ms", "logout-time": "200ms", "query-time": "30ms", "keys-time": "500ms", "slow-from": "4", "login-restart": "16s", "logout-restart": "12s",
	"dialect": "8.5", "lenient": "true", "error-message": "true", "check-user-failure": "true", "content-type": "application/xml",
	"texts": "plain", "broken": "directory,ris",
	"charset": "iso-8859-1", "certificate": "expired", "seed": "7",
}

func TestSettings(t *testing.T) {
	e := New(Options{AppID: "deskd", Password: "secret"})
	before := e.Settings()
	for name, value := range turnedKnobs {
		if before[name] == "" && name != "trusted" && name != "broken" && name != "content-type" || before[name] == value {
			t.Errorf("default of %s is %q", name, before[name])
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(turnedKnobs)), slices.Sorted(maps.Keys(before))); diff != "" {
		t.Errorf("knobs (-tested +there):\n%s", diff)
	}
	if err := e.Set(turnedKnobs); err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(turnedKnobs)
	want["app-password"] = "***"
	if diff := cmp.Diff(want, e.Settings()); diff != "" {
		t.Errorf("settings (-set +in force):\n%s", diff)
	}
	options := Options{
		AppID: "other", Password: "hidden", NoProxyRight: true, CredentialCache: time.Minute, CacheRefusals: true,
		Trusted:    []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")},
		AllowProxy: true, MaxConcurrent: -1, CountQueries: true, MultipleLogin: AutoLogout, MaxLoginTime: 8 * time.Hour,
		EndRule: MaximumWins, TimeUnit: time.Second, ForgetLastUser: true, Lag: 45 * time.Second, LagEvery: 2, Times: RealTimes(), KeysTime: 500 * time.Millisecond, SlowFrom: 4, Restart: RealRestarts(),
		Dialect: Dialect85, Lenient: true, ErrorMessage: true, CheckUserFailure: true, ContentType: "application/xml",
		Texts: PlainTexts, Broken: []Part{Directory, RIS}, Charset: Latin1, Certificate: Expired, Seed: 7,
	}
	if diff := cmp.Diff(options, e.opts, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("options (-expected +in force):\n%s", diff)
	}
	// What is shown can be set again, so that settings can be saved.
	again := New(Options{})
	saved := e.Settings()
	saved["app-password"] = "hidden"
	if err := again.Set(saved); err != nil || cmp.Diff(e.Settings(), again.Settings()) != "" {
		t.Errorf("settings set again: %v", err)
	}
}

// Wrong settings are named, all of them, and change nothing.
func TestWrongSettings(t *testing.T) {
	e := New(Options{AppID: "deskd", Password: "secret"})
	before := e.Settings()
	err := e.Set(map[string]string{
		"app-id": "other", "colour": "red", "dialect": "9", "lenient": "perhaps", "max-concurrent": "many",
		"login-time": "3", "time-unit": "hours", "trusted": "everybody", "broken": "everything", "texts": "loud", "seed": "-1",
	})
	for _, says := range []string{
		`"colour": there is no such knob`, `dialect to "9": expected 12 or 8.5`, "lenient", "max-concurrent", "login-time", "time-unit", "trusted", "seed", "broken", "texts",
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error lacks %s: %v", says, err)
		}
	}
	if diff := cmp.Diff(before, e.Settings()); diff != "" {
		t.Errorf("settings changed:\n%s", diff)
	}
}
