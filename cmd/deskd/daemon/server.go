package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"deskd/cmd/deskd/doors"
	"deskd/cmd/deskd/logs"
	"deskd/configs"
	"deskd/scheduler"
	"deskd/store"
	"deskd/web/view"
)

// Server is what outlives a reload: the listener, the word to the service manager,
// and the database, which every daemon of the process hands to the next. The
// zero server is never reloaded.
type Server struct {
	current atomic.Pointer[Instance]
	Reload  <-chan os.Signal
	Reread  func() (configs.Config, error) // the configuration as it is now, with all its mistakes
	Output  io.Writer                      // of the log
	Manager ServiceManager
	Lock    store.Lock // of the database, nil in tests
	// Examination of the database. [Server.Start] begins it.
	Examination *Examination
	unfit       atomic.Bool // it has found damage
}

// Start serves a, once its database has been examined as far as that takes no time; the
// rest of it is beside the daemon.
func (s *Server) Start(ctx context.Context, a *Parts) error {
	for _, note := range a.Config.Notes() {
		a.Log.Warn(note)
	}
	examining, end := context.WithCancel(ctx)
	var err error
	s.Examination, err = a.examine(examining)
	defer func() { // before the database is closed
		end()
		_ = s.Examination.wait(context.WithoutCancel(ctx))
	}()
	if err != nil {
		return err
	}
	if a.Identity, err = doors.Open(a.Config); err != nil {
		return ConfigErrorf("certificate (key tls): %w", err)
	}
	d, err := New(a)
	if err != nil {
		return err
	}
	listener, err := doors.Listen(ctx, "listen", a.Config.Listen)
	if err != nil {
		return err
	}
	listeners := []net.Listener{listener}
	if a.Identity != nil {
		secure, err := a.Identity.Listen(ctx, a.Config.TLS.Listen)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		listeners = append(listeners, secure)
	}
	d.lock = s.Lock
	return s.Serve(ctx, d, listeners...)
}

// Serve runs d on listeners, the first of them by http and any other by TLS, until ctx ends, and in
// its place, after each reload, the daemon of the new configuration.
func (s *Server) Serve(ctx context.Context, d *Instance, listeners ...net.Listener) error {
	d.examination = s.Examination
	s.current.Store(d)
	pages := &http.Server{
		Handler:           http.HandlerFunc(s.page),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(s.LibraryLog(), "", 0),
	}
	guests := doors.Admit(pages)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	closed := make(chan error, len(listeners))
	at := []any{"page", "http://" + listeners[0].Addr().String() + "/"}
	for i, l := range listeners {
		if i > 0 {
			at = append(at, "secure_page", "https://"+l.Addr().String()+"/")
		}
		go func() {
			err := pages.Serve(guests.Door(l))
			if errors.Is(err, http.ErrServerClosed) {
				err = nil
			} else {
				stop(err) // a daemon without its page should be restarted
			}
			closed <- err
		}()
	}
	d.Log.Info("deskd serves", append(at, "version", Version(), "database", d.Config.Database.DSN)...)
	var beside sync.WaitGroup
	beside.Go(func() { d.Identity.Watch(ctx, d.Clock, func() *slog.Logger { return s.current.Load().Log }) })
	beside.Go(func() { s.Manager.watchdog(ctx, s.alive) })
	beside.Go(func() { s.attend(ctx, stop) })
	err := s.run(ctx, stop)
	beside.Wait()
	err = errors.Join(err, ending(context.Cause(ctx)))
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = errors.Join(err, pages.Shutdown(closing))
	for range listeners {
		err = errors.Join(err, <-closed)
	}
	s.current.Load().Log.Info("deskd has ended")
	return err
}

// page answers as the daemon of now does. One that stops for a damaged database says so to
// everyone: what else it would say may be wrong.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	if s.unfit.Load() {
		http.Error(w, unfitText, http.StatusServiceUnavailable)
		return
	}
	s.current.Load().page.ServeHTTP(w, r)
}

// run lets one daemon after the other live until ctx ends. There is never more
// than one: the next begins when the last answer to the one before is written.
func (s *Server) run(ctx context.Context, stop context.CancelCauseFunc) error {
	for {
		s.tell("READY=1\nSTATUS=") // not "after the first round": a silent phone system is no reason to be killed
		life, end := context.WithCancel(ctx)
		over := make(chan error, 1)
		go func(d *Instance) {
			err := d.live(life, stop)
			if err != nil {
				stop(err)
			}
			over <- err
		}(s.current.Load())
		next := s.next(ctx)
		if next != nil {
			s.current.Load().scheduler.Drain(ctx)
		}
		end()
		if err := <-over; err != nil || next == nil || ctx.Err() != nil {
			return err
		}
		last := s.current.Load()
		next.astray, next.lock, next.examination = last.astray, last.lock, last.examination
		s.current.Store(next)
		next.Log.Info("configuration applied", "sites", len(next.Config.Sites), "clusters", len(next.Config.Clusters), "feeds", len(next.Config.Feeds))
	}
}

// renewAgain is how long after a failure the daemon tries to begin again.
const renewAgain = time.Second

// next waits for a reload and returns the daemon of the new configuration, nil
// when ctx ends first. A configuration that is wrong changes nothing.
func (s *Server) next(ctx context.Context) *Instance {
	var again <-chan time.Time
	for {
		renew := true
		select {
		case <-ctx.Done():
			s.tell("STOPPING=1")
			return nil
		case <-s.current.Load().renew:
		case <-again:
		case <-s.Reload:
			renew = false
		}
		if renew {
			next, err := s.remake(ctx, s.current.Load().Config)
			if err == nil {
				return next
			}
			if again == nil { // once is enough
				s.current.Load().Log.Error("the daemon cannot begin again, and tries until it can", "err", err)
			}
			again = time.After(renewAgain)
			continue
		}
		s.tell("RELOADING=1")
		next, err := s.rebuild(ctx)
		if err == nil {
			return next
		}
		s.current.Load().refuse(err)
		s.tell("READY=1\nSTATUS=The configuration is wrong, the one from before is in force: see the log")
	}
}

// rebuild makes a daemon by the configuration as it is now, on the same database.
// From its journal the clusters' limits learn what was sent in the last minute.
func (s *Server) rebuild(ctx context.Context) (*Instance, error) {
	old := s.current.Load()
	c, err := s.Reread()
	if err != nil {
		return nil, err
	}
	if err := c.CheckReload(old.Config); err != nil {
		return nil, err
	}
	return s.remake(ctx, c)
}

// remake makes a daemon by a configuration that has been checked.
func (s *Server) remake(ctx context.Context, c configs.Config) (*Instance, error) {
	old := s.current.Load()
	a, err := NewParts(c, old.Store, logs.New(s.Output, c.Log), old.Clock)
	if err != nil {
		return nil, err
	}
	a.Pipe, a.Transport, a.Identity = old.Pipe, old.Transport, old.Identity
	d, err := New(a)
	if err != nil {
		return nil, err
	}
	a.Identity.Use(c)
	d.set = old.set // a clock that was wrong before is not right by that
	for _, note := range c.Notes() {
		a.Log.Warn(note)
	}
	return d, a.Configure(ctx)
}

// refuse says in log and page that a configuration was not taken, and why.
func (d *Instance) refuse(err error) {
	d.notices.set(view.Notice{
		Kind: view.KindConfig, Bad: true, Text: "The configuration was to be read again and is wrong; the one from before is in force.",
		Detail: "The log says what is wrong, and so does deskd check config.",
	})
	mistakes, several := errors.AsType[configs.Mistakes](err)
	if !several {
		d.Log.Error("configuration refused, the one from before stays", "err", err)
	}
	for _, m := range mistakes {
		d.Log.Error("configuration refused, the one from before stays", "err", m)
	}
}

// tell tells the service manager something. Where that fails there is nobody else to
// tell but the log.
func (s *Server) tell(message string) {
	if err := s.Manager.tell(message); err != nil {
		s.current.Load().Log.Warn("notify the service manager", "err", err)
	}
}

// alive reports whether the rounds of every cluster go on.
func (s *Server) alive() bool { return s.current.Load().alive() }

// alive reports whether the rounds of every cluster go on, and says when that
// changes. A watchdog gets no sign of life while they do not.
func (d *Instance) alive() bool {
	err := stuck(d.driven(), d.began, d.Clock.Now())
	switch was := d.hung.Swap(err != nil); {
	case err != nil && !was:
		d.Log.Error("rounds stand still: deskd has to be started again, which a watchdog does", "err", err)
	case err == nil && was:
		d.Log.Info("rounds go on again")
	}
	return err == nil
}

// stuck names a cluster whose rounds have stood still since long before now. A
// daemon that began a moment ago has had none yet.
func stuck(clusters []scheduler.ClusterStatus, began, now time.Time) error {
	for _, c := range clusters {
		if age, stuck := view.Stuck(c, began, now); stuck {
			return fmt.Errorf("cluster %q: no round for %s", c.Cluster, age.Round(time.Second))
		}
	}
	return nil
}
