package emapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
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
	// Nodes are the addresses of further nodes of the same cluster, in the
	// order of preference. A login or logout that could not connect to a
	// node fails over to the next one; one that may have been seen never does. A query
	// fails over after any failure, since asking twice changes nothing. A refusal
	// never fails over. Later requests begin where the last
	// answer came from; after five minutes one tries the first node again.
	Nodes []string
	// AppID and Password are those of an application user with the right to
	// act for others (Standard EM Authentication Proxy Rights). A password with
	// a control character, or a blank at an end, is refused: it might not
	// arrive as it is, and wrong passwords lock the account.
	AppID    string
	Password Secret
	// EncryptedPassword takes the place of Password in the form that Cisco's own
	// applications send (appEncryptedCertificate). How it is made is not public.
	EncryptedPassword Secret
	// HTTP carries the requests; nil means [NewTransport] with the system's
	// root certificates.
	HTTP http.RoundTripper
	// Timeout ends a request that has not been answered, per batch and over all
	// nodes; 0 means [DefaultTimeout]. A node that others can stand in for gets
	// an equal share of what is left of it to connect, and to answer a query.
	Timeout time.Duration
	// BatchSize is the most devices or users asked about in one request; 0
	// means [DefaultBatchSize].
	BatchSize int
	// DeviceName is the form of the names sent as devices; nil means a prefix
	// of three or four capitals and twelve capital hexadecimal digits.
	DeviceName *regexp.Regexp
	// EncodeIDs sends user ids percent-encoded (em%40cisco.com, a blank as %20), as
	// replies spell them. No document says whether a service decodes the ids it
	// receives: try it where the service does not find a user whose id has signs in it.
	EncodeIDs bool
}

// Client sends requests to one EM service. It is safe for concurrent use and
// keeps nothing between calls but connections, the node that answered last and the
// date of that answer.
type Client struct {
	nodes       *nodes
	dated       *atomic.Pointer[time.Time] // shared by copies
	appID       string
	password    Secret
	certificate string // the element that holds password
	origin      Origin
	http        *http.Client
	timeout     time.Duration
	batch       int
	deviceName  *regexp.Regexp
	encodeIDs   bool
	spellings   func() *regexp.Regexp // of the password, in words from outside
}

// New returns a client for cfg, or an error that lists every mistake in it.
func New(cfg Config) (*Client, error) {
	nodes, err := cfg.check()
	if err != nil {
		return nil, fmt.Errorf("set up EM client: %w", err)
	}
	c := &Client{
		dated:       new(atomic.Pointer[time.Time]),
		nodes:       nodes,
		appID:       cfg.AppID,
		password:    cfg.Password,
		certificate: "appCertificate",
		timeout:     cmp.Or(cfg.Timeout, DefaultTimeout),
		batch:       cmp.Or(cfg.BatchSize, DefaultBatchSize),
		deviceName:  cmp.Or(cfg.DeviceName, deviceName),
		encodeIDs:   cfg.EncodeIDs,
	}
	if c.password.reveal() == "" {
		c.password, c.certificate = cfg.EncryptedPassword, "appEncryptedCertificate"
	}
	c.spellings = sync.OnceValue(c.password.spellings)
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

// From returns a client that names origin in every message. It shares all else
// with c: connections, node and limits of time.
func (c *Client) From(origin Origin) *Client {
	passing := *c
	passing.origin = origin
	return &passing
}

// Date is what the service's clock showed at its last answer, by the header of that
// name, to the second; the zero time when it did not say.
func (c *Client) Date() time.Time {
	if date := c.dated.Load(); date != nil {
		return *date
	}
	return time.Time{}
}

// longestSecret bounds the pattern of its spellings; passwords are far shorter.
const longestSecret = 1024

// check returns the nodes of cfg, and every mistake in it.
func (cfg Config) check() (*nodes, error) {
	nodes, err := newNodes(append([]string{cfg.URL}, cfg.Nodes...))
	all := []error{err}
	if err := exact(cfg.AppID); err != nil {
		all = append(all, fmt.Errorf("application id %q %w", cfg.AppID, err))
	}
	secret := cfg.Password.reveal()
	if secret == "" {
		secret = cfg.EncryptedPassword.reveal()
	} else if cfg.EncryptedPassword.reveal() != "" {
		all = append(all, errors.New("there are two application passwords, one of them encrypted"))
	}
	if err := exact(secret); err != nil {
		all = append(all, fmt.Errorf("the application password %w", err))
	} else if len(secret) > longestSecret {
		all = append(all, fmt.Errorf("the application password is longer than %d bytes", longestSecret))
	}
	if cfg.Timeout < 0 || cfg.BatchSize < 0 {
		all = append(all, fmt.Errorf("timeout %v and batch size %d may not be negative", cfg.Timeout, cfg.BatchSize))
	}
	return nodes, errors.Join(all...)
}

// Exclusive is how long a login lasts at most, in the unit the service counts
// in: minutes by Cisco's product reference, seconds on some systems, so the
// caller chooses. The zero value leaves it to the service's own maximum.
type Exclusive int

// The durations that are not a number of units.
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

func (r LoginRequest) encode(m *message, user string) {
	m.leaf("deviceName", r.Device)
	m.leaf("userID", user)
	if r.Profile != "" {
		m.leaf("deviceProfile", r.Profile)
	}
	if r.Exclusive == SystemDefault {
		return
	}
	m.open("exclusiveDuration")
	if r.Exclusive == Indefinite {
		m.WriteString("<indefinite/>")
	} else {
		m.leaf("time", strconv.Itoa(int(r.Exclusive)))
	}
	m.close("exclusiveDuration")
}

func (c *Client) checkLogin(r LoginRequest) error {
	if err := checkDevice(c.deviceName, r.Device); err != nil {
		return err
	}
	if err := c.CheckPerson(r.User, r.Profile); err != nil {
		return err
	}
	if r.Exclusive < Indefinite {
		return fmt.Errorf("exclusive duration %d is negative", r.Exclusive)
	}
	return nil
}

// CheckPerson reports why a login of user with that profile cannot be sent, on
// whatever device. The error wraps [ErrBadName].
func (c *Client) CheckPerson(user, profile string) error {
	if err := checkUser(user); err != nil || profile == "" {
		return err
	}
	return checkProfile(profile)
}

// Login logs r.User in on r.Device. Nil means that the service confirmed it;
// the phone itself takes some 16 seconds longer. A phone in use answers
// [CodeOccupied], also when it is the same user who uses it.
func (c *Client) Login(ctx context.Context, r LoginRequest) error {
	if err := c.checkLogin(r); err != nil {
		return cannotSend(subject(opLogin, r.Device), err)
	}
	user := c.wireID(r.User)
	return c.act(ctx, opLogin, r.Device, func(m *message) { r.encode(m, user) })
}

// CheckDevice reports why name cannot be sent as a device's. The error wraps
// [ErrBadName].
func (c *Client) CheckDevice(name string) error { return checkDevice(c.deviceName, name) }

// Logout ends the session on device. That nobody is logged in ([CodeNobody])
// is the desired state, and no error. [Client.End] tells the difference.
func (c *Client) Logout(ctx context.Context, device string) error {
	err := c.End(ctx, device)
	if errors.Is(err, CodeNobody) {
		return nil
	}
	return err
}

// End is [Client.Logout] for callers who have to know whether there was a
// session: the error is [CodeNobody] where there was none.
func (c *Client) End(ctx context.Context, device string) error {
	if err := checkDevice(c.deviceName, device); err != nil {
		return cannotSend(subject(opLogout, device), err)
	}
	return c.act(ctx, opLogout, device, func(m *message) { m.leaf("deviceName", device) })
}

// LogoutAll ends every session on every device of the cluster, also those of
// people who logged in at their phones. The deskd daemon never calls it.
func (c *Client) LogoutAll(ctx context.Context) error {
	return c.act(ctx, opLogoutAll, "", func(*message) {})
}

// act sends a message that changes phones; body writes the children of op. It is
// done only when the reply holds exactly one success, and no failure or result.
func (c *Client) act(ctx context.Context, op, device string, body func(*message)) error {
	r, err := c.send(ctx, subject(op, device), c.encode(request, op, body), false)
	if err != nil {
		return err
	}
	results := r.results || len(r.devices)+len(r.users) > 0
	switch {
	case results:
		return unknown(subject(op, device), errors.New("the reply is the answer to a query, or contradicts itself"))
	case r.odd != "":
		return unknown(subject(op, device), errors.New("the reply is no success: "+r.odd))
	case r.successes == 1 && len(r.failures) == 0:
		return nil
	case r.successes == 0 && len(r.failures) == 1:
		return c.refusal(op, device, r.failures[0])
	}
	return unknown(subject(op, device), fmt.Errorf("the reply holds %d successes and %d failures", r.successes, len(r.failures)))
}
