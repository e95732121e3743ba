package doors

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"sync"
	"time"

	"deskd/configs"
	"deskd/configs/certificate"
	"deskd/scheduler/clock"
	"deskd/web/view"
)

// Identity is the certificate that is shown to those who come by TLS. It outlives a reload, may be
// used from any goroutine, and is nil where deskd is not reached by TLS. Make one with [Open].
type Identity struct {
	mu     sync.Mutex
	files  certificate.Files
	host   string // by which phones come, "" where they do not come by TLS
	shown  *tls.Certificate
	is     certificate.Content // of which shown was made
	looked certificate.Content // what was in the files last; zero where they could not be read
	fault  error               // why that cannot be used, nil where it can, or was not there twice yet
	told   grade               // how it stood when the log was told last
	failed map[Failure]int64
}

// grade is how bad a certificate is.
type grade int

const (
	good grade = iota
	soon       // it ends soon
	bad        // those who come refuse it
)

// Open reads the certificate of a configuration; nil where it asks for no TLS. The error is a
// [*certificate.Fault].
func Open(c configs.Config) (*Identity, error) {
	if c.TLS.Listen == "" {
		return nil, nil //nolint:nilnil // there is none to have
	}
	id := &Identity{failed: make(map[Failure]int64)}
	return id, id.use(c)
}

// Use has the certificate of a new configuration shown from now on. Where it cannot be, the one from
// before is, and the next look says so: no daemon waits for a certificate.
func (id *Identity) Use(c configs.Config) {
	if id != nil {
		_ = id.use(c)
	}
}

func (id *Identity) use(c configs.Config) error {
	files := c.TLS.Files()
	id.mu.Lock()
	defer id.mu.Unlock()
	id.files, id.host = files, c.SecureHost()
	content, err := files.Read()
	if err != nil {
		return err
	}
	pair, err := files.Pair(content)
	if err != nil {
		return err
	}
	id.shown, id.is, id.looked, id.fault = pair, content, content, nil
	return nil
}

// Listen opens the door at an address.
func (id *Identity) Listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := Listen(ctx, "tls.listen", address)
	if err != nil {
		return nil, err
	}
	return id.Over(l), nil
}

// Over has those who come to a listener speak TLS.
//
// They speak TLS 1.2 or newer: what is older has been broken, and phones that know nothing else are
// served by http as well, without the look of safety. They speak HTTP/1.1: a connection asks one
// question at a time, as the bounds of [Crowd] take it.
func (id *Identity) Over(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return id.now(), nil },
	})
}

func (id *Identity) now() *tls.Certificate {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.shown
}

// lookEvery is how often the files are looked at. What is not the same as it was is read at the next
// look again before it is said to be wrong: who copies two files does so one after the other.
const lookEvery = 10 * time.Second

// Watch looks at the files until ctx ends, and says in the log of the time what has changed.
func (id *Identity) Watch(ctx context.Context, clock clock.Clock, log func() *slog.Logger) {
	if id == nil {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		id.look(clock.Now(), log())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look reads the files, shows what is new in them, and tells how the certificate stands.
func (id *Identity) look(now time.Time, log *slog.Logger) {
	id.mu.Lock()
	defer id.mu.Unlock()
	content, err := id.files.Read()
	settled := content == id.looked
	id.looked = content
	pair := id.shown
	if err == nil && content != id.is {
		pair, err = id.files.Pair(content)
	}
	switch {
	case err == nil:
		id.take(pair, content, log)
	case settled && id.fault == nil:
		id.fault = err
		log.Error("certificate of the pages cannot be read again: the one from before is shown", "err", err)
	case settled:
		id.fault = err
	}
	id.tell(now, log)
}

// take shows what is in the files; the lock is held.
func (id *Identity) take(pair *tls.Certificate, content certificate.Content, log *slog.Logger) {
	if content != id.is || id.fault != nil {
		log.Info("certificate of the pages taken in", "names", certificate.Names(pair.Leaf), "until", pair.Leaf.NotAfter.UTC())
	}
	id.shown, id.is, id.fault = pair, content, nil
}

// tell tells the log when the certificate becomes worse, and when it is good again; the lock is held.
func (id *Identity) tell(now time.Time, log *slog.Logger) {
	remarks := certificate.Judge(id.shown.Leaf, id.host, now)
	is := good
	for _, r := range remarks {
		is = max(is, map[bool]grade{false: soon, true: bad}[r.Bad])
	}
	was := id.told
	id.told = is
	switch {
	case is == was:
	case is == bad:
		log.Error("certificate of the pages is refused by those who come: renew it", "err", remarks[0])
	case is == soon:
		log.Warn("certificate of the pages ends soon: renew it", "err", remarks[0])
	default:
		log.Info("certificate of the pages is good")
	}
}

// Notices are what the page says of the certificate.
func (id *Identity) Notices(now time.Time) []view.Notice {
	if id == nil {
		return nil
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	var all []view.Notice
	if id.fault != nil {
		all = append(all, view.Notice{
			Kind: view.KindOwnCertificateFiles, Bad: true, Text: "The certificate of the pages was to be read again and cannot be used; the one from before is shown.",
			Detail: sentence(id.fault.Error()),
		})
	}
	remarks := certificate.Judge(id.shown.Leaf, id.host, now)
	if len(remarks) == 0 {
		return all
	}
	n := view.Notice{Kind: view.KindOwnCertificate, Bad: remarks[0].Bad, Text: "Pages by TLS: " + remarks[0].What + ".", Detail: sentence(remarks[0].Fix)}
	for _, r := range remarks[1:] {
		n.Detail += " " + sentence(r.String())
	}
	return append(all, n)
}

// sentence is a text with a capital and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if first := text[0]; 'a' <= first && first <= 'z' {
		text = string(first-'a'+'A') + text[1:]
	}
	return text + "."
}

// Leaf is the certificate that is shown.
func (id *Identity) Leaf() *x509.Certificate { return id.now().Leaf }
