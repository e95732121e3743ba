package admin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"deskd/emapi/emulator"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// curls returns the curl lines of the shell blocks of a document.
func curls(text string) []string {
	var lines []string
	for i, block := range strings.Split(text, "```") {
		if shell, ok := strings.CutPrefix(block, "sh\n"); ok && i%2 == 1 {
			for line := range strings.Lines(shell) {
				if strings.HasPrefix(line, "curl ") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
		}
	}
	return lines
}

// words splits a shell line at blanks outside quotes and replaces variables
// outside single ones.
func words(line string, variables *strings.Replacer) []string {
	var all []string
	quote, word := rune(0), ""
	var outer strings.Builder // what variables are replaced in
	flush := func() {
		word += variables.Replace(outer.String())
		outer.Reset()
	}
	for _, r := range line + " " {
		switch {
		case r == quote:
			if r == '"' {
				flush()
			}
			quote = 0
		case quote == '\'':
			word += string(r)
		case quote == 0 && (r == '"' || r == '\''):
			flush()
			quote = r
		case quote == 0 && r == ' ':
			if flush(); word != "" {
				all = append(all, word)
			}
			word = ""
		default:
			outer.WriteRune(r)
		}
	}
	return all
}

// curl makes the request that a line of curl stands for.
func curl(t *testing.T, args []string) *http.Request {
	t.Helper()
	method, target, body := "", "", ""
	for i := 1; i < len(args); i++ {
		value := func() string { i++; return args[i] }
		switch args[i] {
		case "-s":
		case "-X":
			method = value()
		case "-d":
			body = value()
		case "--data-urlencode":
			name, text, _ := strings.Cut(value(), "=")
			body = name + "=" + url.QueryEscape(text)
		default:
			target = args[i]
		}
	}
	if method == "" {
		method = map[bool]string{true: http.MethodGet, false: http.MethodPost}[body == ""]
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
	return r
}

// Every curl line of the README works, in its order, on a service like that of
// cmd/emulator; and every call of the admin port is among them.
func TestReadmeRuns(t *testing.T) {
	e := emulator.New(emulator.Options{AppID: "deskd", Password: "emulator"})
	e.Populate(20, 20)
	service, port := httptest.NewServer(e), httptest.NewServer(Handler(e))
	defer service.Close()
	defer port.Close()
	variables := strings.NewReplacer("$EM", service.URL+emulator.Path, "$ADMIN", port.URL,
		"$APP", "<appInfo><appID>deskd</appID><appCertificate>emulator</appCertificate></appInfo>")
	used := make(map[string]bool)
	lines := curls(readme(t))
	if len(lines) < 30 {
		t.Fatalf("found %d lines of curl", len(lines))
	}
	want := map[string]string{
		"<login>": "<success/>", "deviceUserQuery><": "<doesNotExist/>",
		"$ADMIN/login": "{}", "$ADMIN/logout": "{}", "$ADMIN/settings -d": `"max-concurrent": "2"`, "$ADMIN/ ": "POST /faults",
	}
	lost := 0
	for _, line := range lines {
		resp, err := http.DefaultClient.Do(curl(t, words(line, variables)))
		if err != nil {
			lost++ // the answer that a fault takes away
			continue
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d %s (%v)", line, resp.StatusCode, text, err)
		}
		for part, says := range want {
			if strings.Contains(line+" ", part) && !strings.Contains(string(text), says) {
				t.Errorf("%s: %s; expected %s", line, text, says)
			}
		}
		for _, r := range (api{e}).routes() {
			method, path, _ := strings.Cut(r.pattern, " ")
			if path == "/ca.pem" || method == resp.Request.Method && covers(path, resp.Request.URL.Path) {
				used[r.pattern] = true
			}
		}
	}
	if lost != 1 || e.Stats().Codes[19] != 1 {
		t.Errorf("%d answers were lost, stats are %+v", lost, e.Stats())
	}
	for _, r := range (api{e}).routes() {
		if !used[r.pattern] {
			t.Errorf("no line of curl shows %s", r.pattern)
		}
	}
}

// covers reports whether a path is one of pattern.
func covers(pattern, path string) bool {
	a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(a, b, func(p, s string) bool { return p == s || strings.HasPrefix(p, "{") })
}
