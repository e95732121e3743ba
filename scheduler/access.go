package scheduler

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

// Access is the way to a cluster's phones with the keys it is opened with: the
// address, the application user, its password, the certificates. It is a
// [Phones] that can read its keys anew while it is in use. Make one with
// [NewAccess]; its methods are safe for concurrent use.
type Access struct {
	open func() (Phones, []string, error)

	mu     sync.RWMutex
	phones Phones
	keys   []string

	hanging hanging
}

// NewAccess returns the way that open makes. Open reads the keys from where the
// configuration says they are and returns the phones behind them together with
// everything the phone system may refuse, in a fixed order. It is called again
// by [Access.Renew].
func NewAccess(open func() (Phones, []string, error)) (*Access, error) {
	a := &Access{open: open}
	_, err := a.Renew()
	return a, err
}

// Renew reads the keys anew and reports whether they have changed. On an error
// the old ones stay.
func (a *Access) Renew() (changed bool, err error) {
	phones, keys, err := a.open()
	if err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.phones != nil && slices.Equal(keys, a.keys) {
		return false, nil // connections that stand are kept
	}
	a.phones, a.keys = phones, keys
	return true, nil
}

// printCost is how often [Access.Print] hashes, for a tenth of a second and
// more. The print is only kept while the phone system refuses those very keys.
const printCost = 200_000

// Print tells the keys from any others without giving them away: whoever finds
// it in a copy of the database learns a password from it only by guessing, and
// slowly. The same keys and salt give the same print.
func (a *Access) Print(salt []byte) ([]byte, error) {
	a.mu.RLock()
	text := fmt.Sprintf("%q", a.keys) // quoted, so that no two lists look alike
	a.mu.RUnlock()
	print, err := pbkdf2.Key(sha256.New, text, salt, printCost, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make a print of the cluster's keys: %w", err)
	}
	return print, nil
}

// Presents reports whether the keys are those that were refused in s. Where the
// process ended before their print was written they are taken to be, and where
// there is no access at all (a is nil).
func (a *Access) Presents(s Standing) (bool, error) {
	if len(s.Print) == 0 || a == nil {
		return true, nil
	}
	print, err := a.Print(s.Salt)
	return subtle.ConstantTimeCompare(print, s.Print) == 1, err
}

func (a *Access) now() Phones {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.phones
}

// Logins implements [Phones]. A device about which the phone system does not
// answer, while it does about others, comes back with Known false, and is asked
// about by itself from then on.
func (a *Access) Logins(ctx context.Context, devices []string) ([]plan.Have, error) {
	return a.hanging.logins(ctx, a.now(), devices)
}

// Where implements [Phones].
func (a *Access) Where(ctx context.Context, person string) ([]string, error) {
	return a.now().Where(ctx, person)
}

// Check implements [Phones]. Without access, as for a preview of what was last
// seen, nothing can be said against a login.
func (a *Access) Check(l plan.Login) error {
	if a == nil {
		return nil
	}
	return a.now().Check(l)
}

// Login implements [Phones].
func (a *Access) Login(ctx context.Context, l plan.Login, now time.Time) error {
	return a.now().Login(ctx, l, now)
}

// Logout implements [Phones].
func (a *Access) Logout(ctx context.Context, l plan.Login) error { return a.now().Logout(ctx, l) }

// Down implements [Phones].
func (a *Access) Down() []NodeDown { return a.now().Down() }
