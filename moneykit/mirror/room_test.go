package mirror_test

import (
	"errors"
	"fmt"
	"testing"

	"till/moneykit"
	"till/moneykit/mirror"
)

// A mirror in memory that is full says so, and goes on with what it has.
func TestAMirrorInMemoryHasBounds(t *testing.T) {
	var many []string
	for i := range 20_000 {
		many = append(many, fmt.Sprintf("t%05d", i))
	}
	srv := &server{handle: pages(map[string]string{"": step("c1", true, "a"), "c1": step("c2", false, many...)})}
	client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")}, moneykit.WithTransport(srv))
	if err != nil {
		t.Fatal(err)
	}
	store := mirror.NewMemoryOf(1 << 20)
	defer func() { _ = store.Close() }()
	if _, err := mirror.New(client, store).Sync(t.Context(), bank); !errors.Is(err, mirror.ErrFull) {
		t.Fatalf("%v", err)
	}
	same(t, "head", stored{t, store}.head(), mirror.Head{Seq: 1, Cursor: "c1", More: true})
}
