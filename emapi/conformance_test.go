package emapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// Each file of testdata/emapi is one exchange:
//
//	world    phones and users of the emulator; without it only the client is held to the file
//	call     what the client is asked to do; without it only the emulator is.
//	         from=ADDRESS and via=BOOL stand for its origin, "encrypted" for a
//	         password of that kind, "%20" for a blank in a name
//	request  the message on the wire, without the line breaks
//	reply    the answer to it
//	outcome  what the client makes of it
const exchanges = "../testdata/emapi/*.txtar"

const password = "s<cret"

// source is where the exchange comes from: a document, with the grade of
// docs/em-api.md, or our own reading of that.
var source = regexp.MustCompile(`\nsource: (\[[ABC?]\] |written after )`)

type exchange struct{ world, call, request, reply, outcome string }

func readExchange(t *testing.T, path string) exchange {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !source.Match(a.Comment) {
		t.Errorf("%s does not name its source", path)
	}
	var x exchange
	parts := map[string]*string{"world": &x.world, "call": &x.call, "request": &x.request, "reply": &x.reply, "outcome": &x.outcome}
	for _, f := range a.Files {
		part, ok := parts[f.Name]
		if !ok {
			t.Fatalf("%s: unknown part %q", path, f.Name)
		}
		*part = string(f.Data)
	}
	x.request = strings.ReplaceAll(x.request, "\n", "")
	return x
}

func TestConformance(t *testing.T) {
	paths, err := filepath.Glob(exchanges)
	if err != nil || len(paths) < 65 {
		t.Fatalf("found %d exchanges (%v), expected at least 65", len(paths), err)
	}
	for _, path := range paths {
		x := readExchange(t, path)
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		if x.call != "" {
			t.Run(name+"/client", func(t *testing.T) { x.holdClient(t) })
		}
		if x.world != "" {
			t.Run(name+"/emulator", func(t *testing.T) { x.holdEmulator(t) })
		}
	}
}

// holdClient gives the client the reply of the file.
func (x exchange) holdClient(t *testing.T) {
	sent := ""
	outcome := run(t, x.call, roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("parse form: %v", err)
		}
		if len(r.Form) != 1 || r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("request is %s with the fields %v, expected POST with xml alone", r.Method, r.Form)
		}
		sent = r.PostFormValue("xml")
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(x.reply)), Request: r}, nil
	}))
	if diff := cmp.Diff(x.request, sent); diff != "" {
		t.Errorf("request (-file +sent):\n%s", diff)
	}
	if diff := cmp.Diff(x.outcome, outcome); diff != "" {
		t.Errorf("outcome (-file +got):\n%s", diff)
	}
}

// holdEmulator sends the emulator the request of the file, and has the client
// make the call of the file against it.
func (x exchange) holdEmulator(t *testing.T) {
	form := strings.NewReader(url.Values{"xml": {x.request}}.Encode())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://cucm"+emulator.Path, form)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := build(t, x.world).Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x.reply, string(body)); diff != "" {
		t.Errorf("reply (-file +emulator):\n%s", diff)
	}
	if x.call == "" {
		return
	}
	if diff := cmp.Diff(x.outcome, run(t, x.call, build(t, x.world).Transport())); diff != "" {
		t.Errorf("outcome of the client against the emulator (-file +got):\n%s", diff)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// build makes the emulator that world describes.
func build(t *testing.T, world string) *emulator.Emulator {
	t.Helper()
	e := emulator.New(emulator.Options{AppID: "deskd", Password: password})
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(world) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		first, second, _ := strings.Cut(rest, " ")
		switch verb {
		case "device":
			e.AddDevice(first)
		case "user":
			id, profiles, _ := strings.Cut(rest, ": ")
			e.AddUser(id, strings.Fields(profiles)...)
		case "session":
			check(e.PressLogin(first, second))
		case "last":
			check(e.PressLogin(first, second))
			check(e.PressLogout(first))
		case "em-off":
			check(e.EnableEM(first, false))
		case "option":
			e.Change(func(o *emulator.Options) { turn(t, o, first) })
		default:
			t.Fatalf("unknown verb %q", verb)
		}
	}
	return e
}

func turn(t *testing.T, o *emulator.Options, option string) {
	t.Helper()
	switch option {
	case "other-password":
		o.Password = "other"
	case "no-proxy-right":
		o.NoProxyRight = true
	case "trust-others":
		o.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	case "multiple-allowed":
		o.MultipleLogin = emulator.Allowed
	case "auto-logout":
		o.MultipleLogin = emulator.AutoLogout
	case "dialect-8.5":
		o.Dialect = emulator.Dialect85
	case "error-message":
		o.ErrorMessage = true
	case "lenient":
		o.Lenient = true
	default:
		t.Fatalf("unknown option %q", option)
	}
}

// run makes the call through transport and writes down what came of it.
func run(t *testing.T, call string, transport http.RoundTripper) string {
	t.Helper()
	cfg := emapi.Config{URL: "http://cucm" + emulator.Path, AppID: "deskd", Password: emapi.NewSecret(password), HTTP: transport}
	var origin emapi.Origin
	words := slices.DeleteFunc(strings.Fields(call), func(word string) bool {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "encrypted":
			cfg.Password, cfg.EncryptedPassword = emapi.Secret{}, cfg.Password
		case "from":
			origin.Address = netip.MustParseAddr(value)
		case "via":
			origin.Via = new(value == "true")
		default:
			return false
		}
		return true
	})
	c, err := emapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i, word := range words {
		if words[i], err = url.PathUnescape(word); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := ask(t.Context(), c.From(origin), words[0], words[1:])
	var code emapi.Code
	switch {
	case errors.As(err, &code):
		return fmt.Sprintf("refused %d\n", int(code))
	case errors.Is(err, emapi.ErrUnknownOutcome):
		return "unknown outcome\n"
	case err != nil:
		return err.Error() + "\n"
	}
	return strings.Join(lines, "\n") + "\n"
}

func ask(ctx context.Context, c *emapi.Client, verb string, args []string) (lines []string, err error) {
	switch verb {
	case "login":
		r := emapi.LoginRequest{Device: args[0], User: args[1]}
		for _, arg := range args[2:] {
			if n, _ := fmt.Sscanf(arg, "exclusive=%d", &r.Exclusive); n == 0 {
				r.Profile = strings.TrimPrefix(arg, "profile=")
			}
		}
		return []string{"ok"}, c.Login(ctx, r)
	case "logout":
		return []string{"ok"}, c.Logout(ctx, args[0])
	case "logout-all":
		return []string{"ok"}, c.LogoutAll(ctx)
	case "devices":
		found, err := c.DeviceUsers(ctx, args)
		for _, d := range found {
			visitor := map[bool]string{true: "of another cluster"}[d.CrossCluster]
			lines = append(lines, words(d.Device, d.State.String(), d.User, visitor, prefix("last=", d.LastUser)))
		}
		return lines, err
	case "where":
		found, err := c.UserDevices(ctx, args)
		for _, u := range found {
			lines = append(lines, words(u.User, known(u.Known, u.Exists), strings.Join(u.Devices, " ")))
		}
		return lines, err
	case "check":
		found, err := c.CheckUser(ctx, args)
		for _, u := range found {
			lines = append(lines, words(u.User, known(u.Known, u.Exists)))
		}
		return lines, err
	case "profiles":
		found, err := c.DeviceProfiles(ctx, args)
		for _, u := range found {
			line := words(u.User, known(u.Known, u.Exists))
			for _, p := range u.Profiles {
				line += " " + p.Name + strings.Repeat("*", map[bool]int{true: 1}[p.Default])
			}
			lines = append(lines, line)
		}
		return lines, err
	}
	return nil, fmt.Errorf("unknown call %q", verb)
}

func known(known, exists bool) string {
	switch {
	case !known:
		return "unknown"
	case exists:
		return "exists"
	}
	return "missing"
}

func prefix(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

func words(all ...string) string { return strings.Join(strings.Fields(strings.Join(all, " ")), " ") }
