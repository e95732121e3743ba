package emapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// The defaults of a [Config].
const (
	DefaultTimeout   = 10 * time.Second
	DefaultBatchSize = 50
)

// Config says how to reach the EM service of one cluster. URL, AppID and
// Password are required.
type Config struct {
	// URL is the service's address, usually
	// https://SERVER:8443/emservice/EMServiceServlet.
	URL string
	// AppID and Password are those of an application user with the right to
	// act for others (Standard EM Authentication Proxy Rights).
	AppID    string
	Password Secret
	// HTTP carries the requests; nil means [NewTransport] with the system's
	// root certificates.
	HTTP http.RoundTripper
	// Timeout ends a request that has not been answered, per batch; 0 means
	// [DefaultTimeout].
	Timeout time.Duration
	// BatchSize is the most devices or users asked about in one request; 0
	// means [DefaultBatchSize].
	BatchSize int
	// DeviceName is the form of the names sent as devices; nil means a prefix
	// of three or four capitals and twelve capital hexadecimal digits.
	DeviceName *regexp.Regexp
}

// Client sends requests to one EM service. It is safe for concurrent use and
// keeps nothing between calls but connections.
type Client struct {
	url        string
	appID      string
	password   Secret
	http       *http.Client
	timeout    time.Duration
	batch      int
	deviceName *regexp.Regexp
}

// New returns a client for cfg, or an error that lists every mistake in it.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("set up EM client: %w", err)
	}
	c := &Client{
		url:        cfg.URL,
		appID:      cfg.AppID,
		password:   cfg.Password,
		timeout:    cfg.Timeout,
		batch:      cfg.BatchSize,
		deviceName: cfg.DeviceName,
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.batch == 0 {
		c.batch = DefaultBatchSize
	}
	if c.deviceName == nil {
		c.deviceName = deviceName
	}
	transport := cfg.HTTP
	if transport == nil {
		transport = NewTransport(nil)
	}
	c.http = &http.Client{
		Transport: transport,
		// A redirect would carry the password to an address nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

func (cfg Config) check() error {
	var all []error
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil:
		// The text of a parse error repeats the URL, and with it what should not be in it.
		all = append(all, errors.New("the URL cannot be parsed"))
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		all = append(all, fmt.Errorf("URL %q is not http(s)://SERVER:PORT/PATH", u.Redacted()))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		all = append(all, errors.New("the URL may not hold a user, password, query or fragment"))
	}
	if cfg.AppID == "" || !encodable(cfg.AppID) {
		all = append(all, fmt.Errorf("application id %q is empty or holds control characters", cfg.AppID))
	}
	if cfg.Password.reveal() == "" || !encodable(cfg.Password.reveal()) {
		all = append(all, errors.New("the application password is empty or holds control characters"))
	}
	if cfg.Timeout < 0 || cfg.BatchSize < 0 {
		all = append(all, fmt.Errorf("timeout %v and batch size %d may not be negative", cfg.Timeout, cfg.BatchSize))
	}
	return errors.Join(all...)
}

// Exclusive is how long a login lasts at most, in the unit the service counts
// in: minutes by Cisco's product reference, seconds on some systems, so the
// caller chooses. The zero value leaves it to the service's own maximum.
type Exclusive int

// The durations that are no number of units.
const (
	SystemDefault Exclusive = 0
	Indefinite    Exclusive = -1
)

// LoginRequest asks for User to be logged in on Device.
type LoginRequest struct {
	Device    string
	User      string
	Profile   string // device profile; empty means the user's default one
	Exclusive Exclusive
}

func (c *Client) checkLogin(r LoginRequest) error {
	if err := checkDevice(c.deviceName, r.Device); err != nil {
		return err
	}
	if err := checkUser(r.User); err != nil {
		return err
	}
	if r.Profile != "" {
		if err := checkProfile(r.Profile); err != nil {
			return err
		}
	}
	if r.Exclusive < Indefinite {
		return fmt.Errorf("exclusive duration %d is negative", r.Exclusive)
	}
	return nil
}

// Login logs r.User in on r.Device. Nil means that the service confirmed it;
// the phone itself takes some 16 seconds more. A phone in use answers
// [CodeOccupied], also when it is the same user who uses it.
func (c *Client) Login(ctx context.Context, r LoginRequest) error {
	const op = "login"
	if err := c.checkLogin(r); err != nil {
		return notSent(subject(op, r.Device), err)
	}
	return c.act(ctx, op, r.Device, c.encode("request", op, r.encode))
}

// CheckDevice reports why name cannot be sent as a device's. The error wraps
// [ErrBadName].
func (c *Client) CheckDevice(name string) error { return checkDevice(c.deviceName, name) }

// Logout ends the session on device. That nobody is logged in ([CodeNobody])
// is what was wanted, and no error.
func (c *Client) Logout(ctx context.Context, device string) error {
	const op = "logout"
	if err := checkDevice(c.deviceName, device); err != nil {
		return notSent(subject(op, device), err)
	}
	err := c.act(ctx, op, device, c.encode("request", op, func(m *message) {
		m.leaf("deviceName", device)
	}))
	if errors.Is(err, CodeNobody) {
		return nil
	}
	return err
}

// act sends a message that changes a phone. It is done only when the reply
// holds exactly one success and no failure.
func (c *Client) act(ctx context.Context, op, device, message string) error {
	r, err := c.send(ctx, subject(op, device), message)
	if err != nil {
		return err
	}
	switch {
	case r.successes == 1 && len(r.failures) == 0:
		return nil
	case r.successes == 0 && len(r.failures) == 1:
		return c.refusal(op, device, r.failures[0])
	}
	return unknown(subject(op, device), fmt.Errorf("the reply holds %d successes and %d failures", r.successes, len(r.failures)))
}

func (c *Client) refusal(op, target string, f failure) error {
	return &Error{Op: op, Target: target, Code: f.code, Text: clip(c.scrub(f.text))}
}

// clip shortens a server's words to what a log line bears.
func clip(text string) string {
	const most = 300
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}
