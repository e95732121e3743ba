package emapi

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
)

const testPassword = "h<unter&2 é"

func TestSecretIsNeverShown(t *testing.T) {
	type inner struct{ hidden, Shown Secret }
	s := NewSecret(testPassword)
	c := newTestClient(t, nil)
	cfg := Config{Password: s}
	values := []any{s, &s, inner{s, s}, &inner{s, s}, []Secret{s}, map[string]Secret{"k": s}, cfg, &cfg, c, *c}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			expectHidden(t, verb, fmt.Sprintf(verb, value))
		}
		if text, err := json.Marshal(value); err == nil {
			expectHidden(t, "json", string(text))
		}
		if text, err := xml.Marshal(value); err == nil {
			expectHidden(t, "xml", string(text))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
		expectHidden(t, "slog", log.String())
	}
	if got := fmt.Sprintf("%v %+v %#v %s %x", s, s, s, s, s); got != "*** *** *** *** ***" {
		t.Errorf("secret shows as %q", got)
	}
	if s.String() != masked || s.GoString() != masked || s.LogValue().String() != masked {
		t.Error("a method of the secret shows something else")
	}
	if s.reveal() != testPassword || (Secret{}).reveal() != "" {
		t.Error("the secret does not hold its text")
	}
}

// A server, or something in its place, may repeat the request in any part of
// what it answers.
func TestSecretIsNeverEchoed(t *testing.T) {
	echo := func(format string) roundTripFunc {
		return func(r *http.Request) (*http.Response, error) {
			form, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			values, err := url.ParseQuery(string(form))
			if err != nil {
				return nil, err
			}
			var escaped strings.Builder
			_ = xml.EscapeText(&escaped, []byte(values.Get("xml")))
			said := escaped.String() // the message as text inside XML
			if !strings.Contains(format, "<error") {
				said += testPassword + string(form)
			}
			return answer(fmt.Sprintf(format, said)), nil
		}
	}
	doors := map[string]roundTripFunc{
		"failure":  echo("<response><failure><error code=\"1\">Parse Error: %s</error></failure></response>"),
		"element":  echo("<response><h<unter&2 é>%s"),
		"html":     echo("<html>%s</html>"),
		"garbage":  echo("%s"),
		"encoding": echo("<?xml encoding='h<unter&2 é'?><response>%s</response>"),
		"transport": func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("malformed response %q", testPassword+url.QueryEscape(testPassword))
		},
	}
	for name, door := range doors {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, door)
			_, queried := c.DeviceUsers(t.Context(), []string{testDevice})
			for _, err := range []error{c.Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"}), queried} {
				if err == nil {
					t.Fatal("no error")
				}
				for ; err != nil; err = errors.Unwrap(err) {
					expectHidden(t, "error", fmt.Sprintf("%v %+v %#v", err, err, err))
				}
			}
		})
	}
}

// A password that is an everyday word is removed from errors as well, and they
// stay what they are.
func TestScrubbedErrorKeepsItsKind(t *testing.T) {
	tests := map[string]struct {
		cause, kind, also error
	}{
		"connection": {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, ErrNotSent, syscall.ECONNREFUSED},
		"deadline":   {context.DeadlineExceeded, ErrUnknownOutcome, context.DeadlineExceeded},
	}
	for word, tt := range tests {
		door := roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, tt.cause })
		c, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret(word), HTTP: door})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Logout(t.Context(), testDevice)
		if !errors.Is(err, tt.kind) || !errors.Is(err, tt.also) {
			t.Errorf("error is %v, expected %v and %v", err, tt.kind, tt.also)
		}
		if strings.Contains(err.Error(), word) {
			t.Errorf("error shows the password: %v", err)
		}
	}
}

func expectHidden(t *testing.T, how, text string) {
	t.Helper()
	for _, form := range []string{testPassword, "h&lt;unter", url.QueryEscape(testPassword), fmt.Sprintf("%x", testPassword), "unter"} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the password: %s", how, text)
			return
		}
	}
}
