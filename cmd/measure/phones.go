package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

const (
	appID    = "deskd"
	password = "emulator" //nolint:gosec // of the emulator, known to everybody
)

// phoneSystem is the emulator, a process of its own.
type phoneSystem struct {
	*process
	size       int
	url, admin string
}

// phones starts an emulator of so many phones and users. Further arguments turn its knobs.
func (l *lab) phones(ctx context.Context, size int, knobs ...string) (*phoneSystem, error) {
	l.started++
	service, admin := l.port(), l.port()
	args := append([]string{"--listen", service, "--admin", admin, "--devices", strconv.Itoa(size), "--users", strconv.Itoa(size)}, knobs...)
	p, err := start(ctx, filepath.Join(l.folder, fmt.Sprintf("emulator%d.log", l.started)), l.emulator, args...)
	if err != nil {
		return nil, err
	}
	s := &phoneSystem{p, size, "http://" + service + emulator.Path, "http://" + admin}
	return s, p.answers(ctx, s.admin+"/", 30*time.Second)
}

// client is the way to the phones for a peer.
func (s *phoneSystem) client() (*emapi.Client, error) {
	return emapi.New(emapi.Config{URL: s.url, AppID: appID, Password: emapi.NewSecret(password)})
}

func (s *phoneSystem) read(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.admin+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return json.NewDecoder(resp.Body).Decode(into)
}

// stats are what the emulator has counted.
func (s *phoneSystem) stats(ctx context.Context) (st emulator.Stats, err error) {
	err = s.read(ctx, "/stats", &st)
	return st, err
}

// logins are when each phone's first session began.
func (s *phoneSystem) logins(ctx context.Context) (map[string]time.Time, error) {
	var events []emulator.Event
	if err := s.read(ctx, "/events", &events); err != nil {
		return nil, err
	}
	began := make(map[string]time.Time)
	for _, e := range events {
		if _, known := began[e.Device]; !known && e.Kind == emulator.Login {
			began[e.Device] = e.At
		}
	}
	return began, nil
}

// loggedIn waits until so many logins were confirmed since the emulator began, and returns
// when each phone's session began.
func (s *phoneSystem) loggedIn(ctx context.Context, n int, within time.Duration) (map[string]time.Time, error) {
	err := until(ctx, fmt.Sprintf("%d logins", n), within, func() (bool, error) {
		st, err := s.stats(ctx)
		refused := 0
		for _, times := range st.Codes {
			refused += times
		}
		return st.Requests["login"]-refused-st.Serving >= n, err
	})
	if err != nil {
		return nil, err
	}
	return s.logins(ctx)
}

// loginForm is what is posted for a login.
func loginForm(device, user string) string {
	return "xml=" + url.QueryEscape(fmt.Sprintf("<request><appInfo><appID>%s</appID><appCertificate>%s</appCertificate></appInfo>"+
		"<login><deviceName>%s</deviceName><userID>%s</userID><exclusiveDuration><time>65</time></exclusiveDuration></login></request>", appID, password, device, user))
}
