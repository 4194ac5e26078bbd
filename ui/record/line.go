package record

import (
	"os"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// header is the first line of a recording.
type header struct {
	Version   int    `json:"version"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Timestamp int64  `json:"timestamp"` // in seconds since 1970
	Title     string `json:"title,omitempty"`
	Env       env    `json:"env"`
}

type env struct {
	Term string `json:"TERM,omitempty"`
}

func appendHeader(line []byte, width, height int, begun time.Time, title string) []byte {
	text, err := json.Marshal(header{
		Version: 2, Width: width, Height: height, Timestamp: begun.Unix(), Title: title, Env: env{os.Getenv("TERM")},
	})
	if err != nil {
		panic(err)
	}
	return append(append(line, text...), '\n')
}

// appendEvent adds what happened at a time: output "o", or a new size "r".
func appendEvent(line []byte, at time.Duration, kind string, text []byte) []byte {
	line = append(line, '[')
	line = strconv.AppendFloat(line, at.Seconds(), 'f', 6, 64)
	line = append(line, `,"`+kind+`",`...)
	line, err := jsontext.AppendQuote(line, text)
	if err != nil {
		panic(err)
	}
	return append(line, "]\n"...)
}
