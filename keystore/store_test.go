package keystore

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func names(s *Store) string {
	var all []string
	for _, p := range s.Profiles() {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir, v := filepath.Join(t.TempDir(), "a", "till"), newFake()
	s := openFake(t, dir, v)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open made the folder: %v", err)
	}
	if _, ok := s.Current(); ok || names(s) != "" {
		t.Error("an empty store has profiles")
	}
	b, a := sample("b"), Profile{
		Name: "a", Mode: Live, BaseURL: "https://x.example/api", ClientID: "id", RedirectURI: "https://x.example/back",
	}
	mustSave(t, s, b, "secret-b")
	mustSave(t, s, a, "secret-a")
	if err := s.Choose("b"); err != nil {
		t.Fatal(err)
	}
	again := openFake(t, dir, v)
	if got := again.Profiles(); !slices.Equal(got, []Profile{a, b}) {
		t.Errorf("read back %v", got)
	}
	if p, ok := again.Current(); !ok || p != b {
		t.Errorf("current is %v %v", p, ok)
	}
	wantSecret(t, again, "a", "secret-a", FromKeyring)
	b.BaseURL = "http://localhost:8080"
	mustSave(t, again, b, "secret-b2")
	if got := openFake(t, dir, v).Profiles(); !slices.Equal(got, []Profile{a, b}) {
		t.Errorf("after a replacement %v", got)
	}
	if err := again.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	last := openFake(t, dir, v)
	if _, ok := last.Current(); ok || names(last) != "a" {
		t.Errorf("after a deletion: %q, current %v", names(last), ok)
	}
	if got := v.held(); !maps.Equal(got, map[string]string{"a": "secret-a"}) {
		t.Errorf("the keyring holds %v", got)
	}
}

// Profiles from before the redirect URI was kept have none, and stay as they
// were when others are written.
func TestAnEarlierIndexIsRead(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	path := openFake(t, dir, v).Path()
	text := `{"version":1,"current":"b","profiles":[{"name":"b","mode":"sandbox","base_url":"` + DefaultBaseURL + `","client_id":"client-b"}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openFake(t, dir, v)
	if p, ok := s.Current(); !ok || p != sample("b") || p.Redirect() != DefaultRedirectURI {
		t.Errorf("current is %+v %v", p, ok)
	}
	mustSave(t, s, sample("a"), "secret-a")
	if got := openFake(t, dir, v).Profiles(); !slices.Equal(got, []Profile{sample("a"), sample("b")}) {
		t.Errorf("read back %v", got)
	}
	if raw, err := os.ReadFile(path); err != nil || strings.Contains(string(raw), "redirect_uri") {
		t.Errorf("the index is %s, %v", raw, err)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits")
	}
	dir := filepath.Join(t.TempDir(), "till")
	s := openFake(t, dir, newFake(), func(s *Store) { s.ownDir = true })
	mustSave(t, s, sample("a"), "secret-a")
	wide := func(path string, mode os.FileMode) {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		t.Helper()
		for path, want := range map[string]os.FileMode{dir: 0o700, s.Path(): 0o600} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has mode %o, want %o", path, got, want)
			}
		}
	}
	check()
	wide(dir, 0o755)
	wide(s.Path(), 0o644)
	mustSave(t, s, sample("b"), "secret-b")
	check()
}

func TestDamagedIndexIsLeftAlone(t *testing.T) {
	t.Parallel()
	profile := `{"name":"a","mode":"live","base_url":"https://x.example","client_id":"i"}`
	for name, text := range map[string]string{
		"empty":       "",
		"cut off":     `{"version":1,"current":"a","profiles":[` + profile,
		"not JSON":    "hello",
		"two values":  `{"version":1,"profiles":[]} {}`,
		"null":        "null",
		"no version":  `{"profiles":[]}`,
		"newer":       `{"version":2,"profiles":[]}`,
		"bad profile": `{"version":1,"profiles":[{"name":"a","mode":"live","base_url":"ftp://x","client_id":"i"}]}`,
		"bad URI":     `{"version":1,"profiles":[` + strings.TrimSuffix(profile, "}") + `,"redirect_uri":"x"}]}`,
		"twice":       `{"version":1,"profiles":[` + profile + "," + profile + `]}`,
		"too long":    `{"version":1,"profiles":[]}` + strings.Repeat(" ", maxIndex),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, v := t.TempDir(), newFake()
			healthy := openFake(t, dir, v)
			if err := os.WriteFile(healthy.Path(), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(WithDir(dir)); err == nil || !strings.Contains(err.Error(), healthy.Path()) {
				t.Errorf("Open: want an error that names the file, got %v", err)
			}
			if err := healthy.Save(t.Context(), sample("b"), "secret-b"); err == nil {
				t.Error("Save wrote over a damaged file")
			}
			if err := healthy.Choose("a"); err == nil {
				t.Error("Choose wrote over a damaged file")
			}
			if raw, err := os.ReadFile(healthy.Path()); err != nil || string(raw) != text {
				t.Errorf("the file was changed: %v", err)
			}
			if v.count() != 0 {
				t.Errorf("the keyring was called: %v", v.calls)
			}
		})
	}
}

func TestFailedWriteKeepsTheLastGoodState(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	s := openFake(t, dir, v)
	mustSave(t, s, sample("a"), "secret-a")
	good, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	blockIndex(t, s)
	changed := sample("a")
	changed.ClientID = "other"
	if err := s.Save(t.Context(), changed, "secret-a2"); err == nil {
		t.Error("Save of a known profile did not fail")
	}
	if err := s.Save(t.Context(), sample("b"), "secret-b"); err == nil || strings.Contains(err.Error(), "secret-b") {
		t.Errorf("Save of a new profile: %v", err)
	}
	if err := s.Choose("a"); err == nil {
		t.Error("Choose did not fail")
	}
	if _, ok := s.Current(); ok {
		t.Error("a choice that failed is current")
	}
	raw, err := os.ReadFile(s.Path())
	if err != nil || string(raw) != string(good) {
		t.Errorf("the index was changed to %s, %v", raw, err)
	}
	if got := v.held(); !maps.Equal(got, map[string]string{"a": "secret-a"}) {
		t.Errorf("the keyring was not put back: %v", got)
	}
	if got := s.Profiles(); !slices.Equal(got, []Profile{sample("a")}) {
		t.Errorf("profiles in memory: %v", got)
	}
	v.with(func(v *fakeVault) { v.fail = failAfter("set", 1, errors.New("boom")) })
	err = s.Save(t.Context(), changed, "secret-a3")
	if ReasonOf(err) != Other || !strings.Contains(err.Error(), "take back") {
		t.Errorf("a restore that failed is not told: %v", err)
	}
}

// failAfter lets the first n calls of op through.
func failAfter(op string, n int, err error) func(string) error {
	return func(got string) error {
		if got != op {
			return nil
		}
		if n--; n < 0 {
			return err
		}
		return nil
	}
}

func TestTwoStoresLoseNothing(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	var wg sync.WaitGroup
	for i := range 4 {
		s := openFake(t, dir, v)
		for j := range 5 {
			name := fmt.Sprintf("p%d-%d", i, j)
			wg.Go(func() {
				if err := s.Save(t.Context(), sample(name), "secret-"+name); err != nil {
					t.Error(err)
				}
				if err := s.Choose(name); err != nil {
					t.Error(err)
				}
				wantSecret(t, s, name, "secret-"+name, FromKeyring)
				s.Profiles()
			})
		}
	}
	wg.Wait()
	if got := len(openFake(t, dir, v).Profiles()); got != 20 {
		t.Errorf("%d profiles are left of 20", got)
	}
	if got := len(v.held()); got != 20 {
		t.Errorf("%d items are left of 20", got)
	}
}

func TestAnotherProcessDeletes(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	one, two := openFake(t, dir, v), openFake(t, dir, v)
	mustSave(t, one, sample("a"), "secret-a")
	if err := two.Delete(t.Context(), "a"); err != nil {
		t.Errorf("a profile of another process: %v", err)
	}
	if err := one.Delete(t.Context(), "a"); err != nil || names(one) != "" {
		t.Errorf("deleted twice: %v, left %q", err, names(one))
	}
	if err := one.Delete(t.Context(), "a"); err == nil {
		t.Error("an unknown profile was deleted")
	}
}

func TestNamesThatDifferInCase(t *testing.T) {
	t.Parallel()
	v := newFake()
	s := openFake(t, t.TempDir(), v)
	mustSave(t, s, sample("Prod"), "secret-1")
	if err := s.Save(t.Context(), sample("prod"), "secret-2"); err == nil || !strings.Contains(err.Error(), `"Prod"`) {
		t.Errorf("want an error that names the twin, got %v", err)
	}
	if got := v.held(); !maps.Equal(got, map[string]string{"Prod": "secret-1"}) {
		t.Errorf("the keyring holds %v", got)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	s := openFake(t, dir, v)
	s.Hold(sample("guest"), "swordfish-held")
	wantSecret(t, s, "guest", "swordfish-held", FromSession)
	if !s.Held("guest") || s.Held("other") || names(s) != "guest" {
		t.Errorf("held %v, profiles %q", s.Held("guest"), names(s))
	}
	if err := s.Choose("guest"); err != nil {
		t.Fatal(err)
	}
	if p, ok := s.Current(); !ok || p.Name != "guest" {
		t.Errorf("current %v %v", p, ok)
	}
	if text := fmt.Sprintf("%v %+v %#v %+v", s, s, s, s.held); strings.Contains(text, "swordfish-held") {
		t.Error("printing the store prints the secret")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("something was written: %v %v", entries, err)
	}
	if v.count() != 0 {
		t.Errorf("the keyring was called: %v", v.calls)
	}

	mustSave(t, s, sample("guest"), "swordfish-saved")
	if s.Held("guest") {
		t.Error("still held after it was saved")
	}
	wantSecret(t, s, "guest", "swordfish-saved", FromKeyring)
	s.Hold(sample("guest"), "swordfish-again")
	wantSecret(t, s, "guest", "swordfish-again", FromSession)
	if names(s) != "guest" {
		t.Errorf("listed as %q", names(s))
	}
	if err := s.Delete(t.Context(), "guest"); err != nil || names(s) != "" || len(v.held()) != 0 {
		t.Errorf("after a deletion: %v, %q, %v", err, names(s), v.held())
	}
	if _, ok := s.Current(); ok {
		t.Error("a deleted profile is current")
	}
	s.Hold(sample("guest"), "swordfish-held")
	if err := s.Delete(t.Context(), "guest"); err != nil || s.Held("guest") {
		t.Errorf("a held profile was not forgotten: %v", err)
	}
	if err := s.Choose("guest"); err == nil {
		t.Error("an unknown profile was chosen")
	}
}

func TestSetRedirect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openFake(t, dir, newFake())
	for _, name := range []string{"a", "b"} {
		if err := s.Save(t.Context(), sample(name), hush); err != nil {
			t.Fatal(err)
		}
	}
	s.Hold(sample("held"), hush)
	if err := s.Choose("b"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b", "held"} {
		if err := s.SetRedirect(name, "http://localhost:4711/x"); err != nil {
			t.Fatal(err)
		}
		if err := s.SetRedirect(name, "nonsense"); err == nil {
			t.Errorf("%s takes nonsense", name)
		}
	}
	if err := s.SetRedirect("nobody", "http://localhost:4711/x"); err == nil {
		t.Error("nobody has a redirect URI")
	}
	for _, p := range s.Profiles() {
		want := "http://localhost:4711/x"
		if p.Name == "a" {
			want = DefaultRedirectURI
		}
		if p.Redirect() != want {
			t.Errorf("%s: %s", p.Name, p.Redirect())
		}
	}
	wantSecret(t, s, "held", hush, FromSession)
	wantSecret(t, s, "b", hush, FromKeyring)
	again := openFake(t, dir, newFake())
	if p, _ := again.Current(); p.Name != "b" || p.RedirectURI != "http://localhost:4711/x" {
		t.Errorf("%+v", p)
	}
}
