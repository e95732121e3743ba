package fetch

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// call is a request that may be repeated, at any address.
type call struct {
	method string
	header http.Header
	body   []byte
	last   bool // the connection is not needed afterwards
}

// login is how deskd authenticates at a feed's own origin. It remembers the scheme
// that server wants.
type login struct {
	sync.Once // for the two:

	home  *url.URL
	given Credentials

	mu     sync.Mutex
	digest *digest // the server takes nothing else
	spent  bool    // digest was refused: the server has to be asked for another first
}

// credential is a secret as it was just read.
type credential struct {
	kind         string // "" without a secret, "bearer" or "password"
	user, secret string
}

// read reads the secret each time: tokens are renewed in their files.
func (l *login) read() (credential, error) {
	if l.given.Secret == nil {
		if user := l.home.User; user != nil {
			password, _ := user.Password()
			return credential{"password", user.Username(), password}, nil
		}
		return credential{}, nil
	}
	secret, err := l.given.Secret()
	switch {
	case err != nil:
		return credential{}, err
	case l.given.Username == "":
		return credential{kind: "bearer", secret: secret}, nil
	}
	return credential{"password", l.given.Username, secret}, nil
}

// header is the header of a request for k. A server gets Basic until it asks for
// Digest: some show strangers a calendar with less in it, and ask for nothing.
func (l *login) header(k credential, c call, at *url.URL) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case k.kind == "bearer":
		return "Bearer " + k.secret
	case k.kind == "" || l.spent:
		return ""
	case l.digest != nil:
		return l.digest.authorize(c, at, k.user, k.secret)
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(k.user+":"+k.secret))
}

// learn reads from an answer 401 which scheme the server wants, and reports
// whether a retry makes sense.
func (l *login) learn(k credential, h http.Header) bool {
	if k.kind != "password" {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	offered := challengesOf(h)
	basic := slices.Contains(schemesOf(offered), "basic")
	if l.digest == nil && basic {
		return false // that was tried
	}
	for _, c := range offered {
		if d, known := newDigest(c); known {
			l.digest, l.spent = d, false
			return true
		}
	}
	again := l.digest != nil && basic
	l.digest, l.spent = nil, false
	return again
}

// refused says that even the answer to the server's own challenge was.
func (l *login) refused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent = l.digest != nil
}

// accepted takes the nonce that a server gives for the next request (RFC 7616 3.5).
func (l *login) accepted(h http.Header) {
	info := parseChallenges("Digest " + h.Get("Authentication-Info"))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.digest == nil || len(info) == 0 || info[0].params["nextnonce"] == "" {
		return
	}
	next := *l.digest
	next.params = map[string]string{}
	for name, value := range l.digest.params {
		next.params[name] = value
	}
	next.params["nonce"] = info[0].params["nextnonce"]
	if d, known := newDigest(next.challenge); known {
		l.digest = d
	}
}
