package daemon

import (
	"testing"
	"testing/synctest"
	"time"

	"deskd/store"
)

// A request of five minutes ago is carried out, and an older one is not.
func TestAgeOfRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Instance{Parts: &Parts{}}
		for age, want := range map[time.Duration]string{
			5 * time.Minute:                 `this deskd does not know the request "dance"`,
			5*time.Minute + time.Nanosecond: "the daemon met the request too late",
		} {
			_, err := d.carryOut(t.Context(), store.Request{Verb: "dance", Asked: time.Now().Add(-age)})
			if err == nil || err.Error() != want {
				t.Errorf("after %v: error %v", age, err)
			}
		}
	})
}
