package emapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

func newSecretClient(t rapid.TB, secret string, door http.RoundTripper) *Client {
	t.Helper()
	c, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret(secret), HTTP: door})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func xmlText(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder never fails
	return b.String()
}

// quotings are ways in which programs repeat what they were sent.
var quotings = map[string]func(string) string{
	"plain":         func(s string) string { return s },
	"XML":           xmlText,
	"XML twice":     func(s string) string { return xmlText(xmlText(s)) },
	"form":          url.QueryEscape,
	"form, small":   func(s string) string { return strings.ToLower(url.QueryEscape(strings.ToLower(s))) },
	"path":          url.PathEscape,
	"form twice":    func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"XML in a form": func(s string) string { return url.QueryEscape(xmlText(s)) },
	"Go":            func(s string) string { return strings.Trim(strconv.Quote(s), `"`) },
	"Go, ASCII":     func(s string) string { return strings.Trim(strconv.QuoteToASCII(s), `"`) },
	"Go twice":      func(s string) string { return strconv.Quote(strconv.Quote(s)) },
	"JSON":          func(s string) string { b, _ := json.Marshal(s); return strings.Trim(string(b), `"`) },
	"as ISO-8859-1": func(s string) string { return latin1([]byte(s), nil) },
	"wrapped":       func(s string) string { return s[:len(s)/2] + "\n  " + s[len(s)/2:] },
}

func TestScrubSeesEveryQuoting(t *testing.T) {
	for _, secret := range []string{testPassword, "sesame", `a"b\c'd`, "50%+1 & more; <b>", "pässwörd", "名前-2024", "]]>&amp;%41", "$1 ${x} ^.*|(["} {
		for name, quote := range quotings {
			if name == "wrapped" && !utf8.ValidString(secret[:len(secret)/2]) {
				continue
			}
			if name == "form, small" && strings.ToLower(secret) != secret {
				continue
			}
			echo := quote(secret)
			got := newSecretClient(t, secret, nil).scrub("Parse Error: <" + echo + "> near 7")
			if !strings.HasPrefix(got, "Parse Error: <") || !strings.HasSuffix(got, "> near 7") || !strings.Contains(got, masked) || len(got) > 40 {
				t.Errorf("%s of %q: %q becomes %q", name, secret, echo, got)
			}
		}
	}
}

// Each character in a manner of its own, which no list of whole forms holds.
func TestScrubSeesMixedQuoting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[!-~äß€][ -~äß€]{0,18}[!-~äß€]`).Draw(t, "password")
		var echo strings.Builder
		for _, r := range secret {
			ways := []string{string(r), fmt.Sprintf("&#%d;", r), fmt.Sprintf("&#x%X;", r), fmt.Sprintf(`\u%04x`, r), url.QueryEscape(string(r)), xmlText(string(r))}
			echo.WriteString(rapid.SampledFrom(ways).Draw(t, "way"))
		}
		got := newSecretClient(t, secret, nil).scrub("[" + echo.String() + "]")
		if strings.ReplaceAll(strings.ReplaceAll(got, masked, ""), "[", "") != "]" && !strings.Contains(secret, "[") {
			t.Fatalf("%q becomes %q", echo.String(), got)
		}
	})
}

func TestScrubSeesACutEcho(t *testing.T) {
	c := newSecretClient(t, "correct-horse", nil)
	for text, want := range map[string]string{
		"near <appCertificate>correct-ho":    "near <appCertificate>***",
		"near <appCertificate>correct-ho…":   "near <appCertificate>***",
		`element "correct-h…" in it`:         `element "***" in it`,
		`charset "corr"`:                     `charset "***`,
		"near cor":                           "near cor", // too little to tell
		"the correct answer":                 "the correct answer",
		"correct-horse, and correct%2Dhorse": "***, and ***",
	} {
		if got := c.scrub(text); got != want {
			t.Errorf("%q becomes %q, expected %q", text, got, want)
		}
	}
}

// A long secret is hidden as well, whole or cut, and the longest makes no pattern
// that cannot be compiled.
func TestScrubOfLongSecrets(t *testing.T) {
	for _, secret := range []string{strings.Repeat("0123456789", 13), strings.Repeat("&é😀<", longestSecret/8)[:longestSecret/8*8], strings.Repeat("x", longestSecret)} {
		c := newSecretClient(t, secret, nil)
		for _, echo := range []string{secret, secret[:104], xmlText(secret), url.QueryEscape(secret)} {
			if got := c.scrub("near " + echo); got != "near "+masked {
				t.Errorf("an echo of %d bytes becomes %q", len(echo), got)
			}
		}
	}
	if _, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret(strings.Repeat("x", longestSecret+1))}); err == nil {
		t.Error("a longer one is accepted")
	}
}

// talkative is an error that shows more than its text.
type talkative struct {
	Form  string
	inner error
}

func (talkative) Error() string { return "broken" }

func (t talkative) Unwrap() error { return t.inner }

// No part of an error shows the password, however it is printed, and it stays
// what it is.
func TestErrorsNeverShowTheSecret(t *testing.T) {
	form := url.QueryEscape(xmlText(testPassword))
	tests := map[string]http.RoundTripper{
		"field":  roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, talkative{Form: form} }),
		"below":  roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, talkative{inner: errors.New(testPassword)} }),
		"joined": roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, errors.Join(io.EOF, &talkative{Form: form}) }),
		"url.Error": roundTripFunc(func(*http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: "http://x/?" + form, Err: io.EOF}
		}),
		"quoted":      roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("malformed %q", testPassword) }),
		"refusal":     replying("<response><failure><error code='1'>h&lt;un<!-- split -->ter<![CDATA[&2]]> &#233;</error></failure></response>"),
		"two of them": replying("<response><failure><error code='1'>" + xmlText(xmlText(testPassword)) + "</error></failure></response>"),
		"root":        replying("<h&lt;unter"),
		"charset":     replying("<?xml encoding='h<unter&2 é'?><response/>"),
		"cut":         replying("<response><failure><error code='1'>near h&lt;unter&amp;</error></failure></response>"),
		"percent":     replying("<response><failure><error code='1'>" + form + " " + strings.ToLower(form) + "</error></failure></response>"),
		"very long":   replying("<response><failure><error code='1'>" + strings.Repeat(xmlText(testPassword), 9000) + "</error></failure></response>"),
	}
	for name, door := range tests {
		t.Run(name, func(t *testing.T) {
			err := newTestClient(t, door).Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"})
			var refusal *Error
			if !errors.Is(err, ErrUnknownOutcome) && !errors.As(err, &refusal) {
				t.Fatalf("error is %v", err)
			}
			expectChainNeverShows(t, err)
		})
	}
}

func expectChainNeverShows(t *testing.T, err error) {
	t.Helper()
	expectNeverShown(t, err)
	switch wrapping := err.(type) { //nolint:errorlint // link by link
	case interface{ Unwrap() error }:
		if cause := wrapping.Unwrap(); cause != nil {
			expectChainNeverShows(t, cause)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range wrapping.Unwrap() {
			expectChainNeverShows(t, cause)
		}
	}
}

func expectNeverShown(t *testing.T, value any) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		expectHidden(t, verb, fmt.Sprintf(verb, value))
	}
	if text, err := json.Marshal(value); err == nil {
		expectHidden(t, "JSON", string(text))
	}
	if text, err := yaml.Marshal(value); err == nil {
		expectHidden(t, "YAML", string(text))
	}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
	expectHidden(t, "slog", out.String())
}

func TestConfigAndClientNeverShowTheSecret(t *testing.T) {
	cfg := Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret(testPassword)}
	encrypted := Config{URL: "http://cucm/", AppID: "deskd", EncryptedPassword: NewSecret(testPassword)}
	for _, cfg := range []Config{cfg, encrypted} {
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if c.scrub(testPassword) != masked { // from now on it holds the pattern
			t.Error("the password is not scrubbed")
		}
		for _, value := range []any{cfg, &cfg, c, *c, c.From(Origin{}), []any{cfg, c}, map[string]any{"k": c}} {
			expectNeverShown(t, value)
		}
	}
	if _, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret(testPassword), EncryptedPassword: NewSecret("x")}); err == nil {
		t.Error("two passwords are accepted")
	} else {
		expectNeverShown(t, err)
	}
}
