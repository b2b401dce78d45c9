using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Goes over a stored object of features, finding where each name and value lies.</summary>
/// <remarks>
/// It does not look into the values, which were checked when they were taken in; so it costs a fraction of what a JSON reader
/// does, and every read goes over every feature.
/// </remarks>
internal ref struct FeatureScanner
{
    private readonly ReadOnlySpan<byte> _json;
    private int _at;

    /// <summary>Begins before the first feature of an object.</summary>
    /// <exception cref="JsonException">It is no object.</exception>
    public FeatureScanner(ReadOnlySpan<byte> json)
    {
        _json = json;
        if (json.IsEmpty || json[0] != '{')
        {
            throw Malformed();
        }
    }

    /// <summary>Where the name begins, behind its quotation mark.</summary>
    public int NameStart { get; private set; }

    /// <summary>The length of the name as it is written.</summary>
    public int NameLength { get; private set; }

    /// <summary>Whether the name is written with escapes.</summary>
    public bool NameIsEscaped { get; private set; }

    public int ValueStart { get; private set; }

    public int ValueLength { get; private set; }

    /// <summary>Goes to the next feature.</summary>
    /// <returns>False behind the last.</returns>
    /// <exception cref="JsonException">It is not an object as it is stored.</exception>
    public bool Read()
    {
        var isFirst = _at == 0;
        _at = isFirst ? 1 : _at;
        Pass();
        var next = Byte();
        if (next == '}')
        {
            return _at == _json.Length - 1 ? false : throw Malformed();
        }

        if (!isFirst)
        {
            Expect((byte)',');
            Pass();
        }

        ReadName();
        Pass();
        Expect((byte)':');
        Pass();
        ReadValue();
        return true;
    }

    /// <summary>The name, without its escapes.</summary>
    /// <param name="json">What this goes over, of which the name is a slice where it can be.</param>
    public readonly ReadOnlyMemory<byte> Name(ReadOnlyMemory<byte> json)
    {
        if (!NameIsEscaped)
        {
            return json.Slice(NameStart, NameLength);
        }

        var reader = new Utf8JsonReader(_json.Slice(NameStart - 1, NameLength + 2));
        reader.Read();
        var name = new byte[NameLength];
        return name.AsMemory(0, reader.CopyString(name));
    }

    private void ReadName()
    {
        Expect((byte)'"');
        NameStart = _at;
        PassString(out var isEscaped);
        NameLength = _at - NameStart;
        NameIsEscaped = isEscaped;
        _at++;
    }

    private void ReadValue()
    {
        ValueStart = _at;
        switch (Byte())
        {
            case (byte)'"':
                _at++;
                PassString(out _);
                _at++;
                ValueLength = _at - ValueStart;
                break;
            case (byte)'{' or (byte)'[':
                PassNested();
                ValueLength = _at - ValueStart;
                break;
            default:
                var end = _json[_at..].IndexOfAny(",}\":"u8);
                if (end <= 0 || _json[_at + end] is (byte)'"' or (byte)':')
                {
                    throw Malformed();
                }

                _at += end;
                ValueLength = _json[ValueStart.._at].TrimEnd(" \t\r\n"u8).Length;
                break;
        }
    }

    /// <summary>Goes from within a string to the mark that closes it.</summary>
    private void PassString(out bool isEscaped)
    {
        isEscaped = false;
        while (true)
        {
            var found = _json[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0)
            {
                throw Malformed();
            }

            _at += found;
            if (_json[_at] == '"')
            {
                return;
            }

            isEscaped = true;
            _at += 2;
            if (_at >= _json.Length)
            {
                throw Malformed();
            }
        }
    }

    private void PassNested()
    {
        var depth = 0;
        do
        {
            var found = _json[_at..].IndexOfAny("\"{}[]"u8);
            if (found < 0)
            {
                throw Malformed();
            }

            _at += found;
            switch (_json[_at++])
            {
                case (byte)'"':
                    PassString(out _);
                    _at++;
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    depth--;
                    break;
            }
        }
        while (depth > 0);
    }

    private void Pass()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }
    }

    private void Expect(byte expected)
    {
        if (Byte() != expected)
        {
            throw Malformed();
        }

        _at++;
    }

    private readonly byte Byte() => _at < _json.Length ? _json[_at] : throw Malformed();

    private static JsonException Malformed() => new("'features' is not an object of features.");
}
