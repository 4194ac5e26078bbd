package sandbox

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// receiver serves webhooks on loopback and returns its URL.
func receiver(t testing.TB, handle http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	return srv.URL
}

// bareReceiver answers every connection with a text and leaves it open until
// the courier is done with it.
func bareReceiver(t testing.TB, address, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err) // an address family that is not there
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.WriteString(conn, answer)
				}
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// testCourier is a courier that a test watches.
type testCourier struct {
	testing.TB
	*courier
}

func newTestCourier(t testing.TB, hosts ...string) testCourier {
	c := newCourier(hosts)
	t.Cleanup(c.close)
	return testCourier{t, c}
}

// answers fails unless a webhook to the URL is answered with the status.
func (c testCourier) answers(url string, want int) {
	c.Helper()
	status, err := c.send(c.Context(), url, nil, []byte("{}"))
	if status != want || err != nil {
		c.Errorf("%s: %d, %v, want %d", url, status, err, want)
	}
}

// fails fails unless sending to the URL ends in this error.
func (c testCourier) fails(url string, want error) {
	c.Helper()
	status, err := c.send(c.Context(), url, nil, []byte("{}"))
	if status != 0 || !errors.Is(err, want) {
		c.Errorf("%s: %d, %v, want %v", url, status, err, want)
	}
}

// resolver is a name server that knows every name, at this address.
func resolver(ip string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer func() { _ = server.Close() }()
			var size uint16
			if binary.Read(server, binary.BigEndian, &size) != nil {
				return
			}
			query := make([]byte, size)
			if _, err := io.ReadFull(server, query); err == nil {
				answer := resolve(query, netip.MustParseAddr(ip))
				_, _ = server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
			}
		}()
		return client, nil
	}}
}

// resolve answers one DNS query.
func resolve(query []byte, ip netip.Addr) []byte {
	end := 12 // of the question, whose name begins here
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	kind, family := byte(1), query[end-3]
	if ip.Is6() {
		kind = 28
	}
	found := byte(0)
	if family == kind {
		found = 1
	}
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, found, 0, 0, 0, 0}, query[12:end]...)
	if found == 1 {
		answer = append(answer, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, byte(ip.BitLen()/8))
		answer = append(answer, ip.AsSlice()...)
	}
	return answer
}

// receives gives the courier a receiver that needs no socket. It answers with
// a text and then says nothing more.
func (c testCourier) receives(answer string) {
	c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				_, _ = io.WriteString(server, answer)
			}
			_, _ = io.Copy(io.Discard, server)
		}()
		return client, nil
	}
}
