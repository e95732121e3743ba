package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"deskd/configs"
	"deskd/scheduler"
	"deskd/store"
	"deskd/web/view"
)

// server is what outlives a reload: the listener, the word to the supervisor,
// and the database, which every daemon of the process hands to the next. The
// zero server is never reloaded.
type server struct {
	current    atomic.Pointer[daemon]
	reload     <-chan os.Signal
	reread     func() (configs.Config, error) // the configuration as it is now, with all its mistakes
	output     io.Writer                      // of the log
	supervisor supervisor
	lock       *store.Lock // of the database, nil in tests
}

// serve runs d on listener until ctx ends, and in its place, after each reload,
// the daemon of the new configuration.
func (s *server) serve(ctx context.Context, d *daemon, listener net.Listener) error {
	s.current.Store(d)
	pages := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.current.Load().page.ServeHTTP(w, r) }),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(libraryLog{s}, "", 0),
	}
	guests := newCrowd(listener, mostConnections)
	pages.Handler, pages.ConnContext, pages.ConnState = guests.served(pages.Handler), guests.known, guests.note
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	closed := make(chan error, 1)
	go func() {
		err := pages.Serve(guests)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		} else {
			stop(err) // a daemon nobody can look at should be restarted
		}
		closed <- err
	}()
	d.log.Info("deskd serves", "page", "http://"+listener.Addr().String()+"/", "version", version(), "database", d.config.Database.DSN)
	var watchdog sync.WaitGroup
	watchdog.Go(func() { s.supervisor.watchdog(ctx, s.alive) })
	err := s.run(ctx, stop)
	watchdog.Wait()
	if cause := context.Cause(ctx); errors.Is(cause, store.ErrCommit) || errors.Is(cause, store.ErrReplaced) {
		err = errors.Join(err, cause)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = errors.Join(err, pages.Shutdown(closing), <-closed)
	s.current.Load().log.Info("deskd has ended")
	return err
}

// run lets one daemon after the other live until ctx ends. There is never more
// than one: the next begins when the last answer to the one before is written.
func (s *server) run(ctx context.Context, stop context.CancelCauseFunc) error {
	for {
		s.tell("READY=1\nSTATUS=") // not "after the first round": a silent phone system is no reason to be killed
		life, end := context.WithCancel(ctx)
		over := make(chan error, 1)
		go func(d *daemon) {
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
		next.astray, next.lock = last.astray, last.lock
		s.current.Store(next)
		next.log.Info("configuration applied", "sites", len(next.config.Sites), "clusters", len(next.config.Clusters), "feeds", len(next.config.Feeds))
	}
}

// next waits for a reload and returns the daemon of the new configuration, nil
// when ctx ends first. A configuration that is wrong changes nothing.
func (s *server) next(ctx context.Context) *daemon {
	for {
		select {
		case <-ctx.Done():
			s.tell("STOPPING=1")
			return nil
		case <-s.reload:
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
func (s *server) rebuild(ctx context.Context) (*daemon, error) {
	old := s.current.Load()
	c, err := s.reread()
	if err != nil {
		return nil, err
	}
	if err := c.CheckReload(old.config); err != nil {
		return nil, err
	}
	a, err := newParts(c, old.store, newLog(formed(s.output, c.Log.Format), c.Log), old.clock)
	if err != nil {
		return nil, err
	}
	a.pipe = old.pipe
	a.transport = old.transport
	d, err := newDaemon(a)
	if err != nil {
		return nil, err
	}
	d.set = old.set // a clock that was wrong before is not right by that
	for _, note := range c.Notes() {
		a.log.Warn(note)
	}
	return d, a.configure(ctx)
}

// refuse says in log and page that a configuration was not taken, and why.
func (d *daemon) refuse(err error) {
	d.notices.set(view.Notice{
		Kind: view.KindConfig, Bad: true, Text: "The configuration was to be read again and is wrong; the one from before is in force.",
		Detail: "The log says what is wrong, and so does deskd check config.",
	})
	mistakes, several := errors.AsType[configs.Mistakes](err)
	if !several {
		d.log.Error("configuration refused, the one from before stays", "err", err)
	}
	for _, m := range mistakes {
		d.log.Error("configuration refused, the one from before stays", "err", m)
	}
}

// tell tells the supervisor something. Where that fails there is nobody else to
// tell but the log.
func (s *server) tell(message string) {
	if err := s.supervisor.tell(message); err != nil {
		s.current.Load().log.Warn("notify the supervisor", "err", err)
	}
}

// alive reports whether the rounds of every cluster go on.
func (s *server) alive() bool { return s.current.Load().alive() }

// alive reports whether the rounds of every cluster go on, and says when that
// changes. A watchdog gets no sign of life while they do not.
func (d *daemon) alive() bool {
	err := stuck(d.clusters(), d.began, d.clock.Now())
	switch was := d.hung.Swap(err != nil); {
	case err != nil && !was:
		d.log.Error("rounds stand still: deskd has to be started again, which a watchdog does", "err", err)
	case err == nil && was:
		d.log.Info("rounds go on again")
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
