package census

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/configs"
	"deskd/emapi"
	"deskd/phone/inventory"
	"deskd/scheduler/clock"
	"deskd/store/nodes"
)

// Services open the services of a cluster that deskd asks where phones are, by their keys, with
// their passwords and certificates read at each call. The way to them is made by transport.
func Services(c configs.Cluster, transport func(*tls.Config) http.RoundTripper) map[string]func() (inventory.Service, error) {
	all := make(map[string]func() (inventory.Service, error))
	for key, s := range c.Services() {
		all[key] = func() (inventory.Service, error) {
			password, err := s.Password()
			if err != nil {
				return inventory.Service{}, err
			}
			secure, err := emapi.TLSConfig(s.CAFile, s.PinSHA256)
			if err != nil {
				return inventory.Service{}, fmt.Errorf("inventory of cluster %q: %w", c.Name, err)
			}
			return inventory.Service{URL: s.URL, User: s.User, Password: inventory.Password(password), Transport: transport(secure)}, nil
		}
	}
	return all
}

// duty is that of looking after a cluster's phones, under which [Standing] is told.
func duty(cluster string) string { return "inventory " + cluster }

// Teller has everybody know how the services of a cluster stand, as a duty of a node.
func Teller(k nodes.Keeper, cluster, node string, clock clock.Clock) func(ctx context.Context, s Standing) error {
	take := sync.OnceValue(func() error { return k.Took(context.Background(), duty(cluster), node, clock.Now()) })
	return func(ctx context.Context, s Standing) error {
		text, err := json.Marshal(s)
		if err == nil {
			err = take()
		}
		if err != nil {
			return err
		}
		return k.Tell(ctx, duty(cluster), string(text), clock.Now())
	}
}

// Told is what a node has told last of a cluster, and whether any has.
func Told(duties []nodes.Duty, cluster string) (s Standing, told bool) {
	for _, d := range duties {
		if d.Name == duty(cluster) && json.Unmarshal([]byte(d.Told), &s) == nil {
			return s, true
		}
	}
	return nil, false
}

// Failing says who does not answer and why, of some services; nothing where all do.
func (s Standing) Failing() (who, why string) {
	var names, problems []string
	for _, service := range []string{RIS, AXL} {
		if p := s[service].Problem; p != "" {
			names, problems = append(names, Names[service]), append(problems, p)
		}
	}
	return strings.Join(names, " and "), strings.Join(slices.Compact(problems), "; ")
}

// Unanswered says of those services that are configured which do not answer, since when and
// why; at spells an instant.
func (s Standing) Unanswered(c configs.Cluster, at func(time.Time) string) string {
	var texts []string
	for _, service := range []string{RIS, AXL} {
		if _, asked := c.Services()[service]; asked && s[service].Problem != "" {
			texts = append(texts, fmt.Sprintf("%s has not answered since %s: %s", Names[service], at(s[service].Since), s[service].Problem))
		}
	}
	return strings.Join(texts, "; ")
}
