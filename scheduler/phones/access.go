package phones

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"sync"
	"time"

	"deskd/scheduler/plan"
)

// Access is the way to a cluster's phones with its credentials: the address, the
// application user, its password, the certificates. It is a [System] that can read
// them again while it is in use. Make one with [NewAccess]; its methods are safe for
// concurrent use.
type Access struct {
	open func() (System, []string, error)

	mu          sync.RWMutex
	phones      System
	credentials []string

	hanging hanging
}

// NewAccess returns the way that open makes. Open reads the credentials from where the
// configuration says they are and returns the phones behind them together with
// everything the phone system may refuse, in a fixed order. It is called again
// by [Access.Renew].
func NewAccess(open func() (System, []string, error)) (*Access, error) {
	a := &Access{open: open}
	_, err := a.Renew()
	return a, err
}

// Renew reads the credentials again and reports whether they have changed. On an error
// the old ones stay.
func (a *Access) Renew() (changed bool, err error) {
	phones, credentials, err := a.open()
	if err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.phones != nil && slices.Equal(credentials, a.credentials) {
		return false, nil // connections that stand are kept
	}
	a.phones, a.credentials = phones, credentials
	return true, nil
}

// fingerprintCost is how often [Access.Fingerprint] hashes, for a tenth of a second
// and more. It is only kept while the phone system refuses those very credentials.
const fingerprintCost = 200_000

// Fingerprint tells the credentials from any others without giving them away: a copy
// of the database gives a password away only by guessing, and slowly. The same
// credentials and salt give the same one.
func (a *Access) Fingerprint(salt []byte) ([]byte, error) {
	a.mu.RLock()
	text := fmt.Sprintf("%q", a.credentials) // quoted, so that no two lists look alike
	a.mu.RUnlock()
	sum, err := pbkdf2.Key(sha256.New, text, salt, fingerprintCost, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make a fingerprint of the cluster's credentials: %w", err)
	}
	return sum, nil
}

// Presents reports whether the credentials are those that a fingerprint was made of
// with salt. Where the process ended before one was written (it is empty) they are
// taken to be, and where there is no access at all (a is nil).
func (a *Access) Presents(salt, fingerprint []byte) (bool, error) {
	if len(fingerprint) == 0 || a == nil {
		return true, nil
	}
	own, err := a.Fingerprint(salt)
	return subtle.ConstantTimeCompare(own, fingerprint) == 1, err
}

func (a *Access) current() System {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.phones
}

// Logins implements [System]. A device about which the phone system does not
// answer, while it does about others, comes back with Known false, and is asked
// about by itself from then on.
func (a *Access) Logins(ctx context.Context, devices []string) ([]plan.Observation, error) {
	return a.hanging.logins(ctx, a.current(), devices)
}

// Where implements [System].
func (a *Access) Where(ctx context.Context, person string) ([]string, error) {
	return a.current().Where(ctx, person)
}

// Check implements [System]. Without access, as for a preview of what was last
// seen, nothing can be said against a login.
func (a *Access) Check(l plan.Login) error {
	if a == nil {
		return nil
	}
	return a.current().Check(l)
}

// Login implements [System].
func (a *Access) Login(ctx context.Context, l plan.Login, now time.Time) error {
	return a.current().Login(ctx, l, now)
}

// Logout implements [System].
func (a *Access) Logout(ctx context.Context, l plan.Login) error { return a.current().Logout(ctx, l) }

// Down implements [System].
func (a *Access) Down() []NodeDown { return a.current().Down() }

// Date is what the phone system's clock showed at its last answer, to the second;
// the zero time when it did not say.
func (a *Access) Date() time.Time {
	if p, ok := a.current().(interface{ Date() time.Time }); ok {
		return p.Date()
	}
	return time.Time{}
}
