package moneykit_test

import (
	"testing"

	"till/moneykit"
)

func TestPathPartsAreEscapedOneByOne(t *testing.T) {
	for id, want := range map[moneykit.LinkID]string{
		"a/../b":   "a%2F..%2Fb",
		"a?b=c#d":  "a%3Fb=c%23d",
		"100%":     "100%25",
		"ünï code": "%C3%BCn%C3%AF%20code",
		"a%2Fb":    "a%252Fb",
		"\x00\r\n": "%00%0D%0A",
		"...":      "...",
	} {
		a := &api{handle: answer(200, `{"account":`+account+`,"link":`+link()+`}`)}
		if _, err := overHTTP(t, a).Account(t.Context(), id, "x/y"); err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		calls, _ := a.asked()
		same(t, string(id), calls[0].uri, "/links/"+want+"/accounts/x%2Fy")
	}
}

// Servers fold these, and DELETE /links/{id}/.. would be another operation.
func TestIDsThatFoldAreNotSent(t *testing.T) {
	for _, id := range []string{"", ".", ".."} {
		a := &api{handle: answer(200, `{}`)}
		c := inMemory(t, a)
		if _, err := c.DeleteLink(t.Context(), moneykit.LinkID(id)); err == nil {
			t.Errorf("link %q was sent", id)
		}
		if _, err := c.Account(t.Context(), linkID, moneykit.AccountID(id)); err == nil {
			t.Errorf("account %q was sent", id)
		} else {
			hides(t, err.Error())
		}
		if calls, _ := a.asked(); len(calls) != 0 {
			t.Errorf("%q: %v", id, calls)
		}
	}
}
