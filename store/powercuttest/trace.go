package powercuttest

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
)

// Moment is an instant in nanoseconds since 1970, by the clock that all traced
// processes share.
type Moment int64

// never is the end of a call that did not return: its process was killed.
const never Moment = math.MaxInt64

// call is one system call that has succeeded, or may have.
type call struct {
	began, ended Moment
	name         string
	args         []string
	result       int64 // -1 for a call that did not return
}

// Words are the first words of a command line that runs a program, which
// follows, and lets strace (its path) write what the program does into the file
// to. Threads and children are followed; nothing is left out of what is written.
func Words(strace, to string) []string {
	return []string{
		strace, "-D", "-f", "-qq", "--seccomp-bpf", "-y", "-xx", "-s", "16777216", "-e", "signal=none",
		"--absolute-timestamps=format:unix,precision:ns", "--syscall-times=ns", "-o", to,
		"-e", "trace=open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,sendto,ftruncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range," +
			"rename,renameat,renameat2,link,linkat,unlink,unlinkat",
	}
}

// readCalls reads what strace has written. A call that another thread's
// interrupted is put together again, and one that failed is left out.
func readCalls(trace io.Reader) ([]call, error) {
	var all []call
	begun := make(map[string]string) // by thread, up to where it was interrupted
	last := make(map[string]int)     // by thread, its last call
	lines := bufio.NewReaderSize(trace, 1<<16)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // what follows the last end of line was not written out
		}
		if err != nil {
			return nil, fmt.Errorf("read trace: %w", err)
		}
		thread, rest, whole := joined(begun, line)
		if !whole {
			continue
		}
		c, ok, err := readCall(rest)
		if err != nil {
			return nil, fmt.Errorf("read trace: line %d: %w", n, err)
		}
		if ok {
			all = follow(all, last, thread, c)
		}
	}
	return unfinished(all, begun)
}

// unfinished adds to all the calls in whose midst a process was killed.
func unfinished(all []call, begun map[string]string) ([]call, error) {
	for _, part := range begun {
		c, ok, err := readCall(part + ") = ?")
		if err != nil {
			return nil, fmt.Errorf("read trace: unfinished call: %w", err)
		}
		if ok {
			all = append(all, c)
		}
	}
	return all, nil
}

// joined is the call that a line of a trace ends, with what its thread had begun of it,
// and whether it does end one.
func joined(begun map[string]string, line string) (thread, rest string, whole bool) {
	thread, rest, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	rest = strings.TrimLeft(rest, " ")
	if part, cut := strings.CutSuffix(rest, " <unfinished ...>"); cut {
		begun[thread] = part
		return thread, "", false
	}
	if _, end, resumed := strings.Cut(rest, " resumed>"); resumed {
		rest = begun[thread] + end
		delete(begun, thread)
	}
	return thread, rest, true
}

// follow adds a call of a thread to all. The one before it has ended by then,
// whatever the clock says, which may be set.
func follow(all []call, last map[string]int, thread string, c call) []call {
	if i, before := last[thread]; before {
		all[i].ended = min(all[i].ended, c.began)
	}
	last[thread] = len(all)
	return append(all, c)
}

// readCall reads "1795259984.737588008 fsync(3<\x2f>) = 0 <0.000323886>"; it is
// not ok when there is nothing to replay.
func readCall(line string) (c call, ok bool, err error) {
	stamp, line, _ := strings.Cut(line, " ")
	open := strings.IndexByte(line, '(')
	end := strings.LastIndex(line, ") = ")
	if open < 0 || end < open || strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") {
		return c, false, nil // the end of a process
	}
	if c.began, err = nanoseconds(stamp); err != nil {
		return c, false, err
	}
	c.name, c.args = line[:open], strings.Split(line[open+1:end], ", ")
	result := strings.Fields(line[end+len(") = "):])
	if result[0] == "?" {
		c.ended, c.result = never, -1
		return c, true, nil
	}
	number, _, _ := strings.Cut(result[0], "<")
	if c.result, err = strconv.ParseInt(number, 0, 64); err != nil {
		return c, false, err
	}
	took, err := nanoseconds(strings.Trim(result[len(result)-1], "<>"))
	c.ended = c.began + took
	return c, c.result >= 0, err
}

func nanoseconds(seconds string) (Moment, error) {
	whole, part, _ := strings.Cut(seconds, ".")
	s, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt((part + "000000000")[:9], 10, 64)
	return Moment(s*1e9 + ns), err
}

// text is the argument at i when it is a string.
func (c call) text(i int) ([]byte, error) {
	arg := c.args[i]
	quoted := strings.TrimPrefix(arg, `"`)
	if inner, whole := strings.CutSuffix(quoted, `"`); whole && quoted != arg {
		return unhex(inner)
	}
	return nil, fmt.Errorf("%s: argument %d is %.40q: expected a whole string", c.name, i, arg)
}

// file is the path of the descriptor at i, and whether it still has that name.
func (c call) file(i int) (path string, named bool, err error) {
	_, inner, found := strings.Cut(c.args[i], "<")
	inner, named = strings.CutSuffix(inner, ">")
	if !named {
		inner, _ = strings.CutSuffix(inner, ">(deleted)")
	}
	if !found {
		return "", false, nil // it is closed
	}
	name, err := unhex(inner)
	return string(name), named, err
}

// path is the path at i, in the folder of the descriptor before it where the
// call has one.
func (c call) path(i int) (string, error) {
	name, err := c.text(i)
	if err != nil || filepath.IsAbs(string(name)) {
		return filepath.Clean(string(name)), err
	}
	if !strings.HasSuffix(strings.TrimSuffix(c.name, "2"), "at") {
		return "", fmt.Errorf("%s of %q: expected an absolute path", c.name, name)
	}
	folder, _, err := c.file(i - 1)
	return filepath.Join(folder, string(name)), err
}

// unhex reads what strace -xx writes: \x64\x65.
func unhex(text string) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
}
