package asking

import (
	"context"
	"errors"
	"time"

	"deskd/cmd/deskd/provisioning"
	"deskd/phone/push"
)

// How many phones are asked at once, and for how long one may take: a thousand of which none
// answers take a minute and a half.
const (
	phonesAtOnce = 32
	phoneWithin  = 3 * time.Second
)

// pages asks each phone who it is, without a password. Where deskd may not connect, the reason is
// that of the address.
func (i *inquiry) pages(ctx context.Context) {
	client := &push.Client{Networks: i.Config.Phones.Prefixes(), Timeout: phoneWithin, Transport: i.PhonesBy}
	each(len(i.desks), phonesAtOnce, func(n int) {
		d := &i.desks[n]
		switch {
		case !d.Where.Is.IsValid():
			d.Page.Why = "where the phone is is not known"
			return
		case !i.setting.Networks:
			d.Page.Why = "phones.networks names no network: deskd connects to no phone"
			return
		case !d.Inside:
			d.Page.Why = "its address is outside phones.networks"
			return
		}
		is, err := client.Identify(ctx, push.Phone{Name: d.Device, Address: d.Where.Is})
		outcome := push.OutcomeOf(err)
		if err != nil && errors.Is(err, context.Canceled) {
			d.Page.Why = "it was not waited for"
			return
		}
		d.Page = provisioning.Is(provisioning.Page{Outcome: outcome, Name: is.Name})
	})
}
