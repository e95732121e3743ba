package scheduler_test

import (
	"testing"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler/phones"
)

// TestWrongPasswordIsSentOnce asks about more devices than fit one query with a
// wrong password: one request carries it, for every further one brings the
// account nearer to its lock.
func TestWrongPasswordIsSentOnce(t *testing.T) {
	e := emulator.New(emulator.Options{AppID: appID, Password: "another"})
	e.Populate(200, 0)
	client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
	noError(t, err)
	var devices []string
	for n := range 200 {
		devices = append(devices, emulator.DeviceName(n+1))
	}
	if _, err := (phones.EM{Client: client}).Logins(t.Context(), devices); err == nil {
		t.Error("a wrong password is no error")
	}
	if got := e.Stats().Codes[emapi.CodeBadCredentials]; got != 1 {
		t.Errorf("%d requests carried the wrong password, want 1", got)
	}
}
