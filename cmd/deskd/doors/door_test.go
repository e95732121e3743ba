package doors

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A door that does not open says which key names it, and what to do.
func TestListen(t *testing.T) {
	open, err := Listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for address, want := range map[string]string{
		open.Addr().String(): "(another program listens there, or another deskd: end that, or take another port)",
		"192.0.2.1:8484":     "(this machine does not have that address: take one that it has, ", // RFC 5737: nobody has it
		"127.0.0.1:deskd":    "unknown port",
	} {
		_, err := Listen(t.Context(), "tls.listen", address)
		if err == nil || !strings.HasPrefix(err.Error(), "listen on "+address+" (key tls.listen): ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	// Who runs the tests may be root, who may have any port.
	low := &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EACCES)}
	if got := whatToDo(fmt.Errorf("wrapped: %w", low)); !strings.Contains(got, "ports below 1024 are root's") {
		t.Errorf("a port that is root's: %q", got)
	}
	if got := whatToDo(os.ErrDeadlineExceeded); got != "" {
		t.Errorf("nobody knows: %q", got)
	}
}
