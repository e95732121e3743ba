package powercuttest

import (
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded is a trace as strace writes it: calls one after the other, a second each,
// in the folder /f. Paths and texts stand between < > and quotes as they are.
func recorded(calls ...string) string {
	var b strings.Builder
	for i, c := range calls {
		name, rest, _ := strings.Cut(c, "(")
		result := "0"
		if before, after, found := strings.Cut(rest, ") = "); found {
			rest, result = before+")", after
		}
		b.WriteString("7 " + strings.Repeat(" ", i%2))
		b.WriteString(stamp(10 * i))
		b.WriteString(" " + name + "(" + hexed(rest) + " = " + result + " <1.000000000>\n")
	}
	return b.String()
}

func stamp(s int) string {
	return string(rune('0'+s/100)) + string(rune('0'+s/10%10)) + string(rune('0'+s%10)) + ".000000000"
}

// hexed writes what stands in quotes or between < > as strace -xx does.
func hexed(text string) string {
	var b strings.Builder
	in := false
	for _, c := range []byte(text) {
		switch {
		case strings.ContainsRune(`"<>`, rune(c)):
			in = c == '<' || c == '"' && !in
			b.WriteByte(c)
		case in:
			b.WriteString(`\x` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// replayed is the empty folder /f after these calls.
func replayed(t *testing.T, calls ...string) *Disk {
	t.Helper()
	d := &Disk{folder: "/f", names: map[string]*file{}, before: map[string]*file{}}
	if err := d.Replay(strings.NewReader(recorded(calls...))); err != nil {
		t.Fatal(err)
	}
	return d
}

// all are the folders that a cut at that second may leave, each as its files in
// order, drawn often enough to meet every one of these few.
func (d *Disk) all(second int) []string {
	r := rand.New(rand.NewPCG(1, 1))
	found := map[string]bool{}
	for range 2000 {
		text := ""
		im := d.Cut(Moment(second)*1e9, Keep{func() bool { return r.IntN(2) == 0 }, func() bool { return r.IntN(2) == 0 }})
		for _, name := range slices.Sorted(maps.Keys(im)) {
			text += name + "=" + strings.ReplaceAll(string(im[name]), "\x00", "0") + " "
		}
		found[strings.TrimSpace(text)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

const (
	makes   = `openat(AT_FDCWD</f>, "/f/a", O_RDWR|O_CREAT, 0600) = 3</f/a>`
	syncs   = `fsync(3</f/a>)`
	folder  = `fsync(4</f>)`
	writes  = `pwrite64(3</f/a>, "xy", 2, 0) = 2`
	renames = `rename("/f/a", "/f/b")`
)

// What a cut after the last call may leave.
func TestCut(t *testing.T) {
	far := `pwrite64(3</f/a>, "z", 1, 2) = 1`
	tests := map[string]struct {
		calls []string
		want  []string
	}{
		"nothing is certain":               {[]string{makes, writes}, []string{"", "a=", "a=xy"}},
		"a synced file may have no name":   {[]string{makes, writes, syncs}, []string{"", "a=xy"}},
		"a synced name may have no bytes":  {[]string{makes, writes, folder}, []string{"a=", "a=xy"}},
		"both":                             {[]string{makes, writes, syncs, folder}, []string{"a=xy"}},
		"fdatasync does for bytes":         {[]string{makes, folder, writes, `fdatasync(3</f/a>)`}, []string{"a=xy"}},
		"a later write is not certain":     {[]string{makes, folder, writes, syncs, `pwrite64(3</f/a>, "z", 1, 0) = 1`}, []string{"a=xy", "a=zy"}},
		"writes in any combination":        {[]string{makes, folder, writes, far}, []string{"a=", "a=00z", "a=xy", "a=xyz"}},
		"a write that was cut short":       {[]string{makes, folder, `write(3</f/a>, "xy", 2) = 1`, syncs}, []string{"a=x"}},
		"write goes on at the end":         {[]string{makes, folder, writes, `write(3</f/a>, "z", 1) = 1`, syncs}, []string{"a=xyz"}},
		"a cut off end":                    {[]string{makes, folder, writes, syncs, `ftruncate(3</f/a>, 1)`}, []string{"a=x", "a=xy"}},
		"opened again":                     {[]string{makes, folder, writes, syncs, `open("/f/a", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 3</f/a>`}, []string{"a=", "a=xy"}},
		"a rename is one deed":             {[]string{makes, folder, renames}, []string{"a=", "b="}},
		"a rename without what it renames": {[]string{makes, writes, syncs, renames}, []string{"", "a=xy", "b=xy"}},
		"a rename over a file":             {[]string{makes, folder, writes, syncs, `open("/f/n", O_RDWR|O_CREAT, 0600) = 5</f/n>`, `rename("/f/n", "/f/a")`, folder}, []string{"a="}},
		"a renamed file is written":        {[]string{makes, renames, folder, `pwrite64(3</f/b>, "xy", 2, 0) = 2`, `fsync(3</f/b>)`}, []string{"b=xy"}},
		"a link":                           {[]string{makes, folder, writes, syncs, `link("/f/a", "/f/b")`}, []string{"a=xy", "a=xy b=xy"}},
		"a removal comes back":             {[]string{makes, folder, writes, syncs, `unlink("/f/a")`}, []string{"", "a=xy"}},
		"a removal is certain":             {[]string{makes, folder, `unlink("/f/a")`, folder}, []string{""}},
		"made again after a removal":       {[]string{makes, folder, writes, syncs, `unlink("/f/a")`, makes}, []string{"", "a=", "a=xy"}},
		"a sync that failed":               {[]string{makes, folder, writes, `fsync(3</f/a>) = -1 EIO (Input/output error)`}, []string{"a=", "a=xy"}},
		"what is written by mmap":          {[]string{`open("/f/a-shm", O_RDWR|O_CREAT, 0600) = 3</f/a-shm>`, `pwrite64(3</f/a-shm>, "x", 1, 0) = 1`}, []string{""}},
		"another folder":                   {[]string{`open("/g/a", O_RDWR|O_CREAT, 0600) = 3</g/a>`, `write(3</g/a>, "x", 1) = 1`}, []string{""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, replayed(t, tt.calls...).all(10*len(tt.calls))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// A call may have happened from its beginning on, and counts from its end.
func TestCutInACall(t *testing.T) {
	d := replayed(t, makes, folder, writes, syncs) // at 0, 10, 20 and 30 seconds, for one second
	for _, tt := range []struct {
		second int
		want   []string
	}{{0, []string{""}}, {1, []string{"", "a="}}, {11, []string{"a="}}, {20, []string{"a="}}, {21, []string{"a=", "a=xy"}}, {30, []string{"a=", "a=xy"}}, {31, []string{"a=xy"}}} {
		if diff := cmp.Diff(tt.want, d.all(tt.second)); diff != "" {
			t.Errorf("%d s: -want +got\n%s", tt.second, diff)
		}
	}
	trace := "1 000.000000000 " + `openat(AT_FDCWD</f>, "/f/a", O_CREAT, 0600) = 3</f/a> <1.000000000>
1 010.000000000 fsync(4</f>) = 0 <1.000000000>
1 020.000000000 write(3</f/a>, "x", 1 <unfinished ...>
2 021.000000000 fsync(3</f/a>) = 0 <3.000000000>
1 022.000000000 <... write resumed>) = 1 <2.000000000>
2 030.000000000 fsync(3</f/a> <unfinished ...>
`
	d = &Disk{folder: "/f", names: map[string]*file{}, before: map[string]*file{}}
	if err := d.Replay(strings.NewReader(strings.NewReplacer("/f/a", hexed(`"/f/a`)[1:], "/f", hexed(`"/f`)[1:], `"x"`, hexed(`"x"`)).Replace(trace))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a=", "a=x"}, d.all(40)); diff != "" {
		t.Errorf("a write that an fsync did not wait for, and an fsync that was killed: -want +got\n%s", diff)
	}
}

// A write is torn at sectors, and nowhere else.
func TestSectors(t *testing.T) {
	long := strings.Repeat("x", 1000)
	d := replayed(t, makes, folder, `pwrite64(3</f/a>, "`+long+`", 1000, 500) = 1000`)
	zeros := func(n int) string { return strings.Repeat("0", n) }
	want := []string{
		"a=", "a=" + zeros(1024) + long[:476], "a=" + zeros(500) + long[:12], "a=" + zeros(500) + long[:12] + zeros(512) + long[:476],
		"a=" + zeros(500) + long[:524], "a=" + zeros(500) + long, "a=" + zeros(512) + long[:512], "a=" + zeros(512) + long[:988],
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, d.all(30)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What goes to others counts as said, and what goes to another file does not.
func TestSaid(t *testing.T) {
	d := replayed(t, `write(1<pipe:[7]>, "one", 3) = 3`, `pwrite64(3</tmp/etilqs_1>, "two", 3, 0) = 3`, `write(5<socket:[8]>, "three", 5) = 5`)
	if diff := cmp.Diff([]Said{{0, []byte("one")}, {20e9, []byte("three")}}, d.Said()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A file may be opened by a call that began before the one that makes it, in another process, and
// was through after that had begun; by no other.
func TestOpenedAsItIsMade(t *testing.T) {
	for taking, want := range map[string]string{"3.000000000": "", "0.500000000": `nothing was at "a"`} {
		trace := "1 001.000000000 " + `openat(AT_FDCWD</f>, "/f/a", O_RDONLY) = 3</f/a> <` + taking + `>
2 002.000000000 openat(AT_FDCWD</f>, "/f/a", O_CREAT, 0600) = 3</f/a> <0.500000000>
`
		d := &Disk{folder: "/f", names: map[string]*file{}, before: map[string]*file{}}
		err := d.Replay(strings.NewReader(strings.NewReplacer("/f/a", hexed(`"/f/a`)[1:], "/f", hexed(`"/f`)[1:]).Replace(trace)))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("through after %s: %v", taking, err)
		}
	}
}

// What cannot be replayed is an error, not a gap.
func TestReplayRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ call, want string }{
		"another way to write": {`pwritev(3</f/a>, 0x1, 1, 0) = 1`, "pwritev: not foreseen here"},
		"sync":                 {`sync()`, "sync: not foreseen here"},
		"a shortened text":     {`pwrite64(3</f/a>, "x"..., 70, 0) = 70`, "expected a whole string"},
		"an unknown file":      {`pwrite64(3</f/b>, "x", 1, 0) = 1`, `no file "b" was opened`},
		"what is not there":    {`openat(AT_FDCWD</f>, "/f/b", O_RDONLY) = 3</f/b>`, `nothing was at "b"`},
		"out of the folder":    {`rename("/f/a", "/g/a")`, "rename of /f/a to /g/a: not foreseen here"},
	} {
		d := &Disk{folder: "/f", names: map[string]*file{}, before: map[string]*file{}}
		err := d.Replay(strings.NewReader(recorded(makes, tt.call)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, expected %q", name, err, tt.want)
		}
	}
}

// A real program under strace: the replay ends with the folder as it is.
func TestReplayOfProgram(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	folder, trace := t.TempDir(), filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(filepath.Join(folder, "old"), []byte("was here"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	words := append(Words(strace, trace), "sh", "-c", `cd "$0" && echo one >new && echo two >>new && mv new newer && ln newer again && rm old && sync newer . && echo told`, folder)
	if out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput(); err != nil || string(out) != "told\n" {
		t.Skipf("strace is of no use here: %v %s", err, out)
	}
	text, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	if err := d.Replay(text); err != nil {
		t.Fatal(err)
	}
	if said := d.Said(); len(said) != 1 || string(said[0].Text) != "told\n" {
		t.Errorf("said %v", said)
	}
	last := d.Moments()[len(d.Moments())-1]
	image := t.TempDir()
	if err := d.Cut(last, Nothing()).Write(image); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"newer", "again"} {
		if text, err := os.ReadFile(filepath.Join(image, name)); err != nil || string(text) != "one\ntwo\n" {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	if diff := cmp.Diff(Image{"newer": []byte("one\ntwo\n"), "again": []byte("one\ntwo\n")}, d.Cut(last, Everything())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(Image{"old": []byte("was here")}, d.Cut(d.Moments()[0], Nothing())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
