package fetch

import (
	"crypto/md5" // nolint:gosec // it is what servers ask for
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strings"
)

// digest is the answer to a challenge of the scheme Digest (RFC 7616): it proves
// the knowledge of a password, and does not show it.
//
// It is our own because it has to be said in the midst of requests that are sent,
// repeated and redirected here, while the libraries bring a transport or client
// of their own, and leave out sessions, or lists of several challenges.
type digest struct {
	challenge
	sum     func() hash.Hash
	session bool   // the password is mixed with the first nonces: -sess
	quality string // "auth", "auth-int", or "" as before RFC 2617
	cnonce  string
	count   uint32 // requests made with the nonce
}

var digestSums = map[string]func() hash.Hash{
	"": md5.New, "md5": md5.New, "sha-256": sha256.New, "sha-512-256": sha512.New512_256,
}

// newDigest answers c, unless it asks for what is not known here.
func newDigest(c challenge) (*digest, bool) {
	algorithm, session := strings.CutSuffix(strings.ToLower(c.params["algorithm"]), "-sess")
	d := &digest{challenge: c, sum: digestSums[algorithm], session: session, cnonce: rand.Text()}
	if c.scheme != "digest" || c.params["nonce"] == "" || d.sum == nil {
		return nil, false
	}
	if qop, given := c.params["qop"]; given {
		offered := strings.FieldsFunc(strings.ToLower(qop), func(r rune) bool { return r == ',' || r == ' ' })
		for _, quality := range []string{"auth-int", "auth"} {
			if slices.Contains(offered, quality) {
				d.quality = quality
			}
		}
		if d.quality == "" {
			return nil, false
		}
	}
	return d, true
}

// authorize is the header for one request.
func (d *digest) authorize(c call, at *url.URL, user, password string) string {
	d.count++
	nc, uri := fmt.Sprintf("%08x", d.count), at.RequestURI()
	secret := d.hash(user, d.params["realm"], password)
	if d.session {
		secret = d.hash(secret, d.params["nonce"], d.cnonce)
	}
	what := []string{c.method, uri}
	if d.quality == "auth-int" {
		what = append(what, d.hash(string(c.body)))
	}
	proof := []string{secret, d.params["nonce"]}
	if d.quality != "" {
		proof = append(proof, nc, d.cnonce, d.quality)
	}
	response := d.hash(append(proof, d.hash(what...))...)

	fields := []string{d.username(user), "realm=" + quoted(d.params["realm"]), "nonce=" + quoted(d.params["nonce"]), "uri=" + quoted(uri), "response=" + quoted(response)}
	for _, name := range []string{"algorithm", "opaque"} {
		if value, given := d.params[name]; given && name == "opaque" {
			fields = append(fields, "opaque="+quoted(value))
		} else if given {
			fields = append(fields, "algorithm="+value)
		}
	}
	if d.quality != "" {
		fields = append(fields, "qop="+d.quality, "nc="+nc)
	}
	if d.quality != "" || d.session {
		fields = append(fields, "cnonce="+quoted(d.cnonce))
	}
	if d.hashesUser() {
		fields = append(fields, "userhash=true")
	}
	return "Digest " + strings.Join(fields, ", ")
}

func (d *digest) hashesUser() bool { return strings.EqualFold(d.params["userhash"], "true") }

// username is how the server wants to be told who asks (RFC 7616 3.4.4).
func (d *digest) username(user string) string {
	ascii := !strings.ContainsFunc(user, func(r rune) bool { return r < ' ' || r > '~' })
	switch {
	case d.hashesUser():
		return "username=" + quoted(d.hash(user, d.params["realm"]))
	case !ascii && strings.EqualFold(d.params["charset"], "utf-8"):
		return "username*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(user), "+", "%20")
	}
	return "username=" + quoted(user)
}

func (d *digest) hash(parts ...string) string {
	h := d.sum()
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
