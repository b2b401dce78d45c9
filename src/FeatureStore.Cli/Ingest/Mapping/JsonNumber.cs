namespace FeatureStore.Cli.Ingest;

/// <summary>The grammar of a JSON number; nothing is converted, so no digit is lost.</summary>
internal static class JsonNumber
{
    public static bool Is(ReadOnlySpan<char> text)
    {
        if (text.StartsWith('-'))
        {
            text = text[1..];
        }

        var digits = Digits(text);
        if (digits == 0 || (digits > 1 && text[0] == '0'))
        {
            return false;
        }

        text = text[digits..];
        if (text.StartsWith('.'))
        {
            digits = Digits(text[1..]);
            if (digits == 0)
            {
                return false;
            }

            text = text[(digits + 1)..];
        }

        if (text.Length > 0 && text[0] is 'e' or 'E')
        {
            text = text[1..];
            if (text.Length > 0 && text[0] is '+' or '-')
            {
                text = text[1..];
            }

            digits = Digits(text);
            return digits > 0 && digits == text.Length;
        }

        return text.IsEmpty;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}
