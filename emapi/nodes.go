package emapi

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// returnAfter is how long requests begin at another node before one tries the first
// node again.
const returnAfter = 5 * time.Minute

// nodes are the addresses of a cluster's EM service. It remembers which answered
// last, so that a dead first node costs one request in five minutes its time, and not
// every request.
type nodes struct {
	all []node // in the configured order

	mu     sync.Mutex
	begin  int           // where the next request begins
	tested time.Time     // when the first node last failed
	down   map[int]error // tried in vain since the first node last answered, and why
}

// NodeDown is a node that requests had to skip.
type NodeDown struct {
	Host  string // with the port
	Cause error
}

type node struct {
	url  string
	host string // for errors
}

// newNodes reads the addresses, the configured first one first.
func newNodes(addresses []string) (*nodes, error) {
	n := &nodes{down: make(map[int]error)}
	var all []error
	schemes := make(map[string]bool)
	for _, address := range addresses {
		u, err := checkURL(address)
		if err != nil {
			all = append(all, err)
			continue
		}
		schemes[u.Scheme] = true
		n.all = append(n.all, node{url: address, host: u.Host})
	}
	if len(schemes) > 1 {
		all = append(all, errors.New("some nodes have https and some http: a failure of one would send the password in the clear"))
	}
	return n, errors.Join(all...)
}

func checkURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		// The text of a parse error repeats the URL, and with it what should not be in it.
		return nil, errors.New("the URL cannot be parsed")
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, fmt.Errorf("URL %q is not http(s)://SERVER:PORT/PATH", u.Redacted())
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the URL may not hold a user, password, query or fragment")
	}
	return u, nil
}

// order returns the places of the nodes in the order in which a request tries
// them: the one that answered last, then the others as configured. When the
// time for it has come, one request begins with the first node.
func (n *nodes) order(now time.Time) []int {
	n.mu.Lock()
	defer n.mu.Unlock()
	order := make([]int, 0, len(n.all)+1)
	if n.begin != 0 && now.Sub(n.tested) >= returnAfter {
		n.tested = now
		order = append(order, 0)
	}
	order = append(order, n.begin)
	for i := range n.all {
		if i != n.begin && i != order[0] {
			order = append(order, i)
		}
	}
	return order
}

// passed notes that the i-th node was tried in vain.
func (n *nodes) passed(i int, cause error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down[i] = cause
}

// Down returns the nodes that requests have tried in vain and skipped, in the
// configured order. A node counts as down until it answers, or the first node does: from
// then on requests no longer try the others.
func (c *Client) Down() []NodeDown {
	n := c.nodes
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []NodeDown
	for i, node := range n.all {
		if cause := n.down[i]; cause != nil {
			all = append(all, NodeDown{node.host, cause})
		}
	}
	return all
}

// answered makes the i-th node the one where requests begin.
func (n *nodes) answered(i int, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.down, i)
	if i == 0 {
		clear(n.down)
	}
	if i != n.begin {
		n.begin, n.tested = i, now
	}
}
