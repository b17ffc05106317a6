"""`speech` and `aspeech`, against the offline Gemini."""

import io
import wave

import openai
import pytest

TTS = "gemini/gemini-2.5-flash-preview-tts"


def test_a_wave_file(call, asked, tmp_path):
    said = call("speech", TTS, "The quick brown fox", voice="Kore", explain=True)
    assert isinstance(said, bytes)
    assert said.media == "audio/wav"
    with wave.open(io.BytesIO(said.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() > 1000
    said.stream_to_file(tmp_path / "fox.wav")
    assert (tmp_path / "fox.wav").read_bytes() == said.read() == b"".join(said.iter_bytes(1024))
    assert "defaulted" in {loss.kind for loss in said.losses}  # the API's own default is mp3
    assert "/voice" in {step.pointer for step in said.ledger}
    speech = asked()[0]["generationConfig"]["speechConfig"]
    assert speech["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"] == "Kore"


def test_bare_samples(call):
    samples = call("speech", model=TTS, input="Hello", voice="alloy", response_format="pcm")
    with wave.open(io.BytesIO(call("speech", TTS, "Hello", "alloy", response_format="wav"))) as sound:
        assert sound.readframes(sound.getnframes()) == samples


def test_what_is_refused(call, gemini):
    with pytest.raises(openai.BadRequestError, match="wav or pcm"):
        call("speech", TTS, "Hello", "alloy", response_format="mp3")
    with pytest.raises(openai.BadRequestError, match="is not one of Zephyr"):
        call("speech", TTS, "Hello", "nobody")
    with pytest.raises(openai.BadRequestError, match="use a TTS model"):
        call("speech", "gemini/gemini-2.5-flash", "Hello", "alloy")
    assert gemini.requests() == []
