package daemon

import (
	"context"
	"crypto/rand"
	"errors"

	"deskd/configs"
	"deskd/emapi"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

// RefusedPassword is what answer says of the password, nil if it was not
// refused.
func RefusedPassword(answer error) *phones.Refusal {
	no := &phones.Refusal{}
	if code, refused := errors.AsType[emapi.Code](answer); refused {
		no = &phones.Refusal{Code: int(code), Class: plan.ClassHalt, Text: code.Error(), Advice: code.Advice()}
	} else if !errors.As(answer, &no) {
		return nil
	}
	if !AboutPassword(no.Code) {
		return nil
	}
	return no
}

// AboutPassword reports whether a code refuses the password. Other refusals lock
// no account.
func AboutPassword(code int) bool {
	return emapi.Code(code) == emapi.CodeBadCredentials || emapi.Code(code) == emapi.CodeNoCredentials
}

// Remember writes down that c refuses its password, if that is the answer, so
// that nothing asks with the same one again within the time: tries lock the
// account. A daemon that runs keeps that itself, and may have another password.
func (a *Parts) Remember(ctx context.Context, c configs.Cluster, answer error) error {
	no := RefusedPassword(answer)
	if no == nil || a.Store == nil {
		return nil
	}
	err := Locked(a.Config, func() error {
		st, err := store.Open(ctx, a.Config.Database.DSN, store.Options{}) // the verb's own may be for reading only
		if err != nil {
			return err
		}
		return errors.Join(a.RememberIn(ctx, st, c, no), st.Close())
	})
	if errors.Is(err, store.ErrLocked) {
		return nil
	}
	return err
}

// RememberIn is remember for a verb that holds the database itself.
func (a *Parts) RememberIn(ctx context.Context, st scheduler.States, c configs.Cluster, no *phones.Refusal) error {
	if no == nil {
		return nil
	}
	access, err := a.Access(c)
	if err != nil {
		return err
	}
	s, err := st.ClusterState(ctx, c.Name)
	if err != nil {
		return err
	}
	now := a.Clock.Now()
	s = s.Closed()
	s.Opened, s.Refused, s.Code, s.Problem = now, now, no.Code, no.Error()
	s.Salt = make([]byte, 16)
	_, _ = rand.Read(s.Salt) // never fails
	if s.Fingerprint, err = access.Fingerprint(s.Salt); err != nil {
		return err
	}
	return st.SaveClusterState(ctx, s)
}
