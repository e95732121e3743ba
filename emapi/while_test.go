package emapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// A request whose condition does not hold when it would be written is not sent,
// and goes to no other node.
func TestWhile(t *testing.T) {
	errNo := errors.New("the duty is another's")
	for name, refuse := range map[string]int{"at the first node": 1, "at the second": 2, "never": 3} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			heard := make(chan bool, 2)
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_ = conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
				got, _ := io.ReadAll(conn)
				heard <- bytes.Contains(got, []byte("xml="))
			}()
			defer l.Close()
			address := "http://" + l.Addr().String()
			urls := []string{address, address}
			if refuse == 2 {
				urls[0] = "http://" + closedPort(t)
			}
			c, err := New(Config{URL: urls[0], Nodes: urls[1:], AppID: "deskd", Password: NewSecret("secret"), Timeout: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			err = c.Logout(While(context.Background(), func() error {
				if asked++; refuse < 3 {
					return errNo
				}
				return nil
			}), testDevice)
			got := <-heard
			switch {
			case refuse == 3 && (!got || errors.Is(err, ErrNotSent)):
				t.Errorf("the message was sent: %t: %v", got, err)
			case refuse < 3 && (got || !errors.Is(err, ErrNotSent) || !errors.Is(err, errNo)):
				t.Errorf("the message was sent: %t: %v", got, err)
			case asked != 1:
				t.Errorf("asked %d times", asked)
			}
		})
	}
}
