package emapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const testDevice = "SEP001122334455"

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}
}

func newTestClient(t testing.TB, door http.RoundTripper) *Client {
	t.Helper()
	c, err := New(Config{URL: "http://cucm/emservice/EMServiceServlet", AppID: "deskd", Password: NewSecret(testPassword), HTTP: door})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// replying is a door that gives every request the same reply.
func replying(body string) roundTripFunc {
	return func(*http.Request) (*http.Response, error) { return answer(body), nil }
}
