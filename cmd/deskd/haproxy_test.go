//go:build !race

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// freeAddress is an address of this machine that nobody listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// behindHAProxy starts HAProxy with the configuration that deskd comes with, in front of two
// nodes, and returns what it answers to a browser that asks for the page.
func behindHAProxy(t *testing.T, f *fleet) (ask func() (status int, body string)) {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program = "/usr/sbin/haproxy"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("haproxy is not installed")
	}
	text, err := os.ReadFile("../../configs/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	at := freeAddress(t)
	config := strings.NewReplacer("127.0.0.1:8080", at,
		"192.0.2.11:8484", strings.TrimPrefix(f.members[0].page, "http://"), "192.0.2.12:8484", strings.TrimPrefix(f.members[1].page, "http://"),
		"desks.example.com", "localhost").Replace(string(text))
	if strings.Contains(config, "bind 127.0.0.1:8080") || strings.Contains(strings.ReplaceAll(config, "#", ""), "server desk-a 192") {
		t.Fatalf("the configuration has other addresses:\n%s", config)
	}
	f.write("haproxy.cfg", config)
	cmd := exec.Command(program, "-db", "-f", f.path("haproxy.cfg"))
	log := &journal{}
	cmd.Stderr = log
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log)
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return func() (int, string) {
		resp, err := client.Get("http://" + at + "/")
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
}

// Behind the proxy as it comes with deskd, the page is there when a node has died, and when
// none is ready what is said is deskd's own words.
func TestHAProxy(t *testing.T) {
	nodeWords(t)
	f := newFleet(t, "a", "b")
	for _, m := range f.members {
		m.ready()
	}
	ask := behindHAProxy(t, f)
	pages := func(of time.Duration) (good int, bad []string) {
		for end := time.Now().Add(of); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if status, body := ask(); status == http.StatusOK && strings.Contains(body, "driven by") {
				good++
			} else {
				bad = append(bad, fmt.Sprintf("%d %.80s", status, body))
			}
		}
		return good, bad
	}
	eventually(t, 10*time.Second, "the proxy answers", func() bool { status, _ := ask(); return status == http.StatusOK })
	if good, bad := pages(time.Second); len(bad) > 0 || good == 0 {
		t.Errorf("with two nodes %d pages, and %v", good, bad)
	}
	f.member(f.driver()).signal(syscall.SIGKILL)
	if good, bad := pages(4 * time.Second); len(bad) > 0 || good == 0 {
		t.Errorf("while one node dies %d pages, and %v", good, bad)
	}
	f.server.End(t, syscall.SIGQUIT)
	eventually(t, 15*time.Second, "the node that is left says what is wrong", func() bool {
		status, body := ask()
		return status == http.StatusServiceUnavailable && strings.Contains(body, "Phones keep their logins")
	})
}
