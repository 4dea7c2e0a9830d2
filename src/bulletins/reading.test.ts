import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readingSeconds } from './reading.ts';
import { lastWords, splitSentences } from './sentences.ts';

describe('the planned time of reading', () => {
  test.each([
    ['si', 'මුහුදු වෙරළෙන් ඉවත් වන්න. උස් බිමකට යන්න.', 5, 10],
    ['ar', 'غادروا الشاطئ الآن. اصعدوا إلى مكان مرتفع. هل أنتم بخير؟', 8, 12],
    ['th', 'ออกจากชายหาดและแม่น้ำเดี๋ยวนี้ เดินขึ้นที่สูงทันที', 5, 9],
    ['ja', '津波の危険があります。すぐに海から離れてください。高い所へ逃げてください。', 10, 14],
    ['ja-simple', '津波が来ます。海から離れてください。', 6, 9],
    ['ta', 'கடற்கரையை விட்டு உடனே வெளியேறுங்கள். உயரமான இடத்துக்குச் செல்லுங்கள்.', 9, 14],
    ['my', 'ကမ်းခြေမှ ချက်ချင်း ထွက်ပါ။ မြင့်သောနေရာသို့ သွားပါ။', 4, 9],
    ['km', 'ចាកចេញពីឆ្នេរឥឡូវនេះ។ ឡើងទៅកន្លែងខ្ពស់។', 5, 10],
    ['am', 'አሁኑኑ ከባህር ዳርቻ ውጡ። ወደ ከፍታ ቦታ ሂዱ።', 6, 10],
    ['ko', '지금 바로 해변을 떠나세요. 높은 곳으로 가세요.', 5, 8],
    ['zh-Hans', '请立即离开海滩和河流。请到高处去。', 5, 8],
    ['en', 'Leave the beach and the river now. Walk to high ground.', 5, 8],
  ])('%s', (language, text, least, most) => {
    const seconds = readingSeconds(text, language);
    expect(seconds).toBeGreaterThan(least);
    expect(seconds).toBeLessThan(most);
  });

  test('a telephone number read twice is about nine seconds, in any digits', () => {
    for (const number of ['011 232 5371', '0112325371', '٠١١ ٢٣٢ ٥٣٧١', '၀၁၁ ၂၃၂ ၅၃၇၁']) {
      const twice = readingSeconds(`${number}\n${number}`, 'ar') - readingSeconds('\n', 'ar') - 0.8 - 2 * 0.4;
      expect(twice).toBeGreaterThan(8);
      expect(twice).toBeLessThan(10);
    }
  });

  test('plain Japanese is read more slowly, a Latin name in Sinhala at the pace of letters', () => {
    expect(readingSeconds('海から離れてください。', 'ja-simple')).toBeGreaterThan(
      readingSeconds('海から離れてください。', 'ja'),
    );
    const name = 'Colombo Fort Station';
    expect(readingSeconds(`යන්න ${name}`, 'si') - readingSeconds('යන්න', 'si')).toBeCloseTo(1.8, 0);
  });

  test('a region tag reads like its language, an unknown tag like its script', () => {
    const text = 'கடற்கரையை விட்டு வெளியேறுங்கள்.';
    expect(readingSeconds(text, 'ta-LK')).toBe(readingSeconds(text, 'ta'));
    expect(readingSeconds('തീരത്തുനിന്ന് മാറുക.', 'ml')).toBeGreaterThan(2);
    expect(readingSeconds('Leave the beach.', 'constructor')).toBe(readingSeconds('Leave the beach.', 'en'));
  });

  test('nothing takes no time', () => {
    expect(readingSeconds('', 'si')).toBe(0);
    expect(readingSeconds(' \n \n', 'th')).toBe(0);
  });

  test('more text never takes less time', () => {
    const languages = fc.constantFrom('si', 'ar', 'th', 'ja', 'ta', 'my', 'en', 'xx');
    const words = fc.array(
      fc.constantFrom('ආරක්ෂිත', 'آمن', 'ปลอดภัย', '安全です。', 'பாதுகாப்பு.', 'safe!', '0112325371', '18:00', ' '),
    );
    fc.assert(
      fc.property(words, fc.string({ unit: 'grapheme' }), languages, (text, more, language) => {
        const short = readingSeconds(text.join(' '), language);
        expect(readingSeconds(`${text.join(' ')}\n${more}`, language)).toBeGreaterThanOrEqual(short);
      }),
    );
  });
});

describe('sentences', () => {
  test.each([
    ['Sinhala', 'ඉවත් වන්න. උස් බිමකට යන්න! ඔබ ආරක්ෂිතද?', 3],
    ['Arabic', 'غادروا الآن. هل أنتم بخير؟ أجيبوا.', 3],
    ['Urdu', 'ابھی نکلیں۔ اونچی جگہ جائیں۔', 2],
    ['Thai', 'ออกจากชายหาดเดี๋ยวนี้ เดินขึ้นที่สูงทันที คลื่นจะมาเวลา 18:00 น.', 3],
    ['Japanese', '津波です。逃げて！海を見に行かないでください？「はい。」', 4],
    ['Tamil', 'உடனே வெளியேறுங்கள். உயரமான இடத்துக்குச் செல்லுங்கள்.', 2],
    ['Hindi', 'अभी निकलें। ऊँची जगह जाएँ।', 2],
    ['Burmese', 'ထွက်ပါ။ သွားပါ။', 2],
    ['Khmer', 'ចាកចេញពីឆ្នេរឥឡូវនេះ។ ឡើងទៅកន្លែងខ្ពស់។', 2],
    ['Khmer by spaces', 'ចាកចេញពីឆ្នេរឥឡូវនេះ ឡើងទៅកន្លែងខ្ពស់ជាបន្ទាន់', 2],
    ['Amharic', 'ውጡ። ወደ ከፍታ ቦታ ሂዱ።', 2],
    ['English', 'Call Mr. S. Perera at 3.5 km, e.g. the clerk. Go now!', 3],
  ])('%s', (_, text, count) => {
    expect(splitSentences(text)).toHaveLength(count);
  });

  test('a Thai space beside a number or after a short phrase ends nothing', () => {
    expect(splitSentences('เวลา 18:00 น. วันนี้')).toHaveLength(1);
    expect(splitSentences('โปรด ออกจากชายหาด')).toEqual(['โปรด ออกจากชายหาด']);
  });

  test('nothing is lost but white space', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bare = (part: string) => part.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\s\uFFFE\uFFFF]/gu, '');
        expect(bare(splitSentences(text).join(''))).toBe(bare(text));
      }),
    );
  });

  test('the last words, also where words have no spaces', () => {
    expect(lastWords('මෙය ශ්‍රී ලංකා තානාපති කාර්යාලයේ පණිවිඩයයි.', 3)).toBe('තානාපති කාර්යාලයේ පණිවිඩයයි');
    expect(lastWords('كانت هذه رسالة من سفارة سريلانكا.', 3)).toBe('من سفارة سريلانكا');
    expect(lastWords('ข้อความจากสถานทูตศรีลังกา', 3)).toBe('ทูตศรีลังกา');
    expect('以上、スリランカ大使館からのお知らせでした').toContain(
      lastWords('以上、スリランカ大使館からのお知らせでした。', 3),
    );
    expect(lastWords('That was the message from the Embassy of Sri Lanka.', 3)).toBe('of Sri Lanka');
    expect(lastWords('Over.', 3)).toBe('Over');
    expect(lastWords('', 3)).toBe('');
  });
});
