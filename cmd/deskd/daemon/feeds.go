package daemon

import (
	"crypto/tls"
	"net/netip"
	"time"

	"deskd/configs"
	"deskd/emapi"
	"deskd/reservations"
	"deskd/reservations/feed/fetch"
)

// Feeds translates the configuration's feeds.
func Feeds(c configs.Config) []reservations.Feed {
	var all []reservations.Feed
	for _, f := range c.Feeds {
		all = append(all, reservations.Feed{
			Name: f.Name, URL: f.URL, Every: time.Duration(f.Every), Site: f.Site,
			Kind: reservations.Kind(f.Kind), Desk: reservations.Rule(f.Desk), Person: reservations.Rule(f.Person),
			Tentative: f.Tentative == "reserved", FreeCounts: f.FreeCounts,
			Back: time.Duration(f.Window.Back), Ahead: time.Duration(f.Window.Ahead),
			AllowDesks: f.AllowDesks, AllowPeople: f.AllowPeople, Trust: reservations.Trust(f.Trust),
			EventDesks: f.EventDesks, PersonDesks: f.PersonDesks,
		})
	}
	return all
}

// Fetchers connects to where the configuration's feeds come from, by name.
func Fetchers(c configs.Config) map[string]*fetch.Fetcher {
	all := make(map[string]*fetch.Fetcher, len(c.Feeds))
	for _, f := range c.Feeds {
		source := fetch.Source{URL: f.URL, AllowNetworks: f.Networks(), DenyNetworks: c.Denied()}
		if f.HasSecret() {
			source.Credentials = fetch.Credentials{Username: f.Username, Secret: f.Secret}
		}
		if f.CAFile != "" || len(f.PinSHA256) > 0 {
			source.TLS = func() (*tls.Config, error) { return emapi.TLSConfig(f.CAFile, f.PinSHA256) }
		}
		all[f.Name] = fetch.NewFetcher(source)
	}
	return all
}

// FeedNetworks are those that a URL of no configured feed may be in, beside the public
// internet: what the feeds of the configuration are allowed, for a check that passes
// has to hold for the daemon, too. There are none without a configuration.
func FeedNetworks(c configs.Config) []netip.Prefix {
	var all []netip.Prefix
	for _, f := range c.Feeds {
		all = append(all, f.Networks()...)
	}
	return all
}
