package pushes

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"deskd/phone"
	"deskd/phone/push"
)

// answersWithin bounds each request to a phone, and pushWithin a push as a whole: less than
// the margin that is kept before a login.
const answersWithin, pushWithin = 2 * time.Second, 6 * time.Second

// Client pushes with a password that is read again for each push: passwords change.
type Client struct {
	User      string
	Password  func() (string, error)
	Networks  []netip.Prefix
	Transport http.RoundTripper // nil: the client's own

	mu      sync.Mutex
	current *push.Client
}

// Push has a phone carry out e.
func (c *Client) Push(ctx context.Context, to push.Phone, e phone.Execute) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	_, err = client.Push(ctx, to, e)
	return err
}

func (c *Client) client() (*push.Client, error) {
	password, err := c.Password()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil || string(c.current.Password) != password {
		c.current = &push.Client{
			User: c.User, Password: push.Password(password), Networks: c.Networks, Timeout: answersWithin, Transport: c.Transport,
		}
	}
	return c.current, nil
}
