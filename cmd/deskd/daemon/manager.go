package daemon

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"
)

// ServiceManager is who started the daemon and wants to hear how it does: systemd,
// by the protocol of sd_notify(3). The zero service manager is nobody; telling it
// something does nothing.
type ServiceManager struct {
	socket string        // takes datagrams; a leading @ stands for the zero byte of an abstract name
	within time.Duration // the longest it waits for a sign of life; 0 is for ever
}

// FindServiceManager finds the service manager in the environment of the process pid. A
// watchdog that is meant for another process is left to that one.
func FindServiceManager(getenv func(string) string, pid int) ServiceManager {
	s := ServiceManager{socket: getenv("NOTIFY_SOCKET")}
	if whose := getenv("WATCHDOG_PID"); whose != "" && whose != strconv.Itoa(pid) {
		return s
	}
	if µs, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil {
		s.within = time.Duration(µs) * time.Microsecond
	}
	return s
}

// tell sends a message of one or more lines VARIABLE=VALUE.
func (s ServiceManager) tell(message string) error {
	if s.socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte(message))
	return errors.Join(err, conn.Close())
}

// lookAgain is when a daemon that showed no life is looked at again: it may have
// slept with the machine.
const lookAgain = time.Second

// watchdog gives signs of life twice as often as the service manager wants them, as
// long as alive says so and ctx lasts. One that does not arrive is missed where
// it matters.
func (s ServiceManager) watchdog(ctx context.Context, alive func() bool) {
	if s.socket == "" || s.within <= 0 {
		return
	}
	for ctx.Err() == nil {
		wait := s.within / 2
		if !alive() {
			wait = min(wait, lookAgain)
		} else if err := s.tell("WATCHDOG=1"); err != nil {
			wait = min(wait, lookAgain)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}
