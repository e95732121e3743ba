package api

import (
	"database/sql"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// blocks are the code blocks of a page, without the lines that fence them.
func blocks(page string) (all []string) {
	for i, part := range strings.Split(page, "```") {
		if i%2 == 1 {
			all = append(all, strings.TrimPrefix(part, "\n"))
		}
	}
	return all
}

// words are those of a command as a shell reads it, with what its variables are.
func words(t *testing.T, command string, variables func(string) string) (all []string) {
	t.Helper()
	var word strings.Builder
	quote, any := byte(0), false
	end := func() {
		if any {
			all = append(all, word.String())
		}
		word.Reset()
		any = false
	}
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote, any = c, true
		case c == quote:
			quote = 0
		case quote != '\'' && c == '$':
			name := regexp.MustCompile(`^\w+`).FindString(command[i+1:])
			word.WriteString(variables(name))
			i, any = i+len(name), true
		case quote == 0 && (c == ' ' || c == '\n' || c == '\\'):
			end()
		default:
			word.WriteByte(c)
			any = true
		}
	}
	if quote != 0 {
		t.Fatalf("a quotation does not end: %s", command)
	}
	end()
	return all
}

// curled is the request of a curl command, of which -H, -d, -N and the address are known.
func curled(t *testing.T, command []string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1", nil)
	check(t, err)
	for i := 1; i < len(command); i++ {
		switch word := command[i]; word {
		case "-N":
		case "-H":
			i++
			name, value, there := strings.Cut(command[i], ": ")
			if !there {
				t.Fatalf("no header: %q", command[i])
			}
			r.Header.Set(name, value)
		case "-X":
			i++
			r.Method = command[i]
		case "-d":
			i++
			body := command[i]
			if r.Method == http.MethodGet {
				r.Method = http.MethodPost
			}
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
		default:
			address, err := r.URL.Parse(word)
			check(t, err)
			if address.Host != "127.0.0.1:8484" {
				t.Fatalf("an address of what: %s", word)
			}
			r.URL = address
		}
	}
	return r
}

// The commands of docs/api.md do what it says, with a token as it makes one: desks are listed, a
// desk is booked, asked again with the key it is not booked twice, and who listens hears of it
// word by word.
func TestCommandsOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.md")
	check(t, err)
	page := string(text)
	file := t.TempDir() + "/desk.db"
	w := newWorld(t, file)
	_, err = w.store.ImportDesks(ctx, []reservations.Desk{{ID: "4.12", Site: "berlin", Cluster: "main", Device: "SEP000000000412"}}, false)
	check(t, err)
	_, err = w.store.ImportPeople(ctx, []reservations.Person{{ID: "jdoe"}}, false)
	check(t, err)
	create := regexp.MustCompile(`deskd token create --scope (\S+) --role (\S+)`).FindStringSubmatch(page)
	if create == nil {
		t.Fatal("no token is made")
	}
	of := reservations.Token{Role: reservations.Role(create[2])}
	for scope := range strings.SplitSeq(create[1], ",") {
		of.Scopes = append(of.Scopes, reservations.Scope(scope))
	}
	secret, host := w.token(of), strings.TrimPrefix(w.serve(), "http://")
	// So far went the audit when the page was written, up to the event before the one it shows.
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	_, err = db.ExecContext(ctx, "UPDATE sqlite_sequence SET seq = 4711 WHERE name = 'audit'")
	check(t, err)

	all := blocks(page)
	commands := 0
	for i, block := range all {
		for _, command := range regexp.MustCompile(`(?m)^curl (.*\\\n)*.*$`).FindAllString(block, -1) {
			commands++
			r := curled(t, words(t, command, func(name string) string { return map[string]string{"TOKEN": secret}[name] }))
			r.URL.Host = host
			switch path := strings.TrimPrefix(r.URL.Path, rest.Base); r.Method + " " + path {
			case "GET /desks":
				if status, body := answered(t, r); status != 200 || !strings.Contains(body, `"id":"4.12"`) {
					t.Errorf("%s: %d %s", command, status, body)
				}
			case "POST /reservations":
				for _, want := range []int{201, 200} {
					if status, body := answered(t, r); status != want || !strings.Contains(body, `"person":"jdoe"`) {
						t.Errorf("%s: %d %s, want %d", command, status, body, want)
					}
				}
			case "GET /events":
				w.hears(t, r, all[i+1])
			default:
				t.Errorf("a command that is not proven: %s", command)
			}
		}
	}
	if commands != strings.Count(page, "curl ") {
		t.Errorf("%d commands of %d", commands, strings.Count(page, "curl "))
	}
	paths := assemble(w.deps()).frame.OpenAPI().Paths
	for _, named := range regexp.MustCompile("`(GET|POST|PATCH|DELETE) (/[^`? ]*)`").FindAllStringSubmatch(page, -1) {
		if paths[strings.TrimPrefix(named[2], rest.Base)] == nil {
			t.Errorf("the page names %s, which there is not", named[0])
		}
	}
}

// The page at /api/ needs no token, as the document does not, and each of its commands asks for
// what there is, as the document has it.
func TestCommandsOfThePage(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	get := func(method, path string) *httptest.ResponseRecorder {
		got := httptest.NewRecorder()
		w.handler.ServeHTTP(got, httptest.NewRequestWithContext(ctx, method, path, nil))
		return got
	}
	page := get("GET", "/api/")
	if page.Code != 200 || page.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	if style := get("GET", "/api/style.css"); style.Code != 200 || style.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style: %d %v", style.Code, style.Header())
	}
	if got := get("PUT", "/api/"); got.Code != 405 || got.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("PUT: %d %v", got.Code, got.Header())
	}
	commands := regexp.MustCompile(`<pre><code>(curl [^<]*)</code></pre>`).FindAllStringSubmatch(page.Body.String(), -1)
	asked := map[string]bool{}
	for i, found := range commands {
		command := html.UnescapeString(found[1])
		if i%40 == 0 { // rates are limited
			w.secrets[reservations.RoleFacilities] = w.token(reservations.Token{Person: "jane", Role: reservations.RoleFacilities, Scopes: reservations.Scopes})
		}
		r := curled(t, words(t, command, func(name string) string {
			return map[string]string{"TOKEN": w.secrets[reservations.RoleFacilities], "DESKD": "http://127.0.0.1:8484"}[name]
		}))
		asked[r.Method+" "+r.URL.Path] = true
		a := ask{w.secrets[reservations.RoleFacilities], r.Method, strings.TrimPrefix(r.URL.Path, rest.Base), nil, nil}
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			check(t, err)
			a.body = string(body)
		}
		got := w.do(a)
		if got.status == 400 || got.status == 401 || got.status == 405 || got.status == 415 || strings.Contains(got.text, "there is nothing here") || strings.Contains(got.text, `"errors"`) {
			t.Errorf("%s: %d %s", command, got.status, got.text)
		}
	}
	operations := 0
	for _, item := range assemble(w.deps()).frame.OpenAPI().Paths {
		for _, there := range []bool{item.Get != nil, item.Post != nil, item.Patch != nil, item.Delete != nil} {
			if there {
				operations++
			}
		}
	}
	if len(commands) != operations || len(asked) != operations {
		t.Errorf("%d commands, %d of them different, for %d operations", len(commands), len(asked), operations)
	}
}

// answered is the answer to a request, which can be asked again.
func answered(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	again := r.Clone(t.Context())
	if r.GetBody != nil {
		again.Body, _ = r.GetBody()
	}
	got, err := http.DefaultClient.Do(again)
	check(t, err)
	defer got.Body.Close() //nolint:errcheck // it is read
	body, err := io.ReadAll(got.Body)
	check(t, err)
	return got.StatusCode, string(body)
}

// hears listens as a command does, until it has heard what the page says.
func (w *world) hears(t *testing.T, r *http.Request, shown string) {
	t.Helper()
	h := w.listen("http://"+r.URL.Host, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("Last-Event-ID"))
	got := regexp.MustCompile(`"id":"[^"]*"`).ReplaceAllString(h.until("data: "), `"id":"5b1…"`)
	h.stop()
	if want := strings.TrimSpace(shown); !strings.Contains(got, want+"\n") {
		t.Errorf("heard %s, want %s", got, want)
	}
}
