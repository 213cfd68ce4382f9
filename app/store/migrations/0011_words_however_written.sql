-- A word is the same however it was written: with its accents apart (as macOS names files) or not, in full width, as a
-- ligature, in digits of another script, with a sigma that ends a word. NFKC brings all but the last two to one form.
-- What is ASCII, as long in bytes as in characters, is so already: asking takes a microsecond, doing it 15.
CREATE OR REPLACE FUNCTION text_words(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple', regexp_replace(
        CASE WHEN octet_length(given) = char_length(given) THEN given
             ELSE translate(normalize(given, NFKC), 'ς٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९', 'σ012345678901234567890123456789')
         END,
        '[^[:alnum:]]+', ' ', 'g'));
UPDATE task_words w SET words = words_of(t.prompt, t.details, t.labels)
  FROM tasks t
 WHERE t.id = w.task_id
   AND octet_length(t.prompt || coalesce(t.details, '')) <> char_length(t.prompt || coalesce(t.details, ''))
   AND w.words <> words_of(t.prompt, t.details, t.labels);
